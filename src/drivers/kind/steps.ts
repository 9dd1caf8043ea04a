import type { ClusterNetwork } from '../cluster-driver.js';
import type { Step } from '../step.js';
import type { ClusterName } from './names.js';

/** What the steps do; the driver implements it. */
export interface ClusterActions {
  network(cluster: ClusterName, signal: AbortSignal): Promise<ClusterNetwork>;
  create(cluster: ClusterName, o: { nodes: number; signal: AbortSignal }): Promise<void>;
  ready(cluster: ClusterName, signal: AbortSignal): Promise<void>;
  remove(cluster: ClusterName, signal: AbortSignal): Promise<void>;
}

/** With the time that a creation waits for others: its own budget begins when its turn has come. */
const TURN_MS = 45 * 60_000;

/** Recipe of a cluster. The names are part of the stored history of a sandbox. */
export function clusterSteps(nodes: number, actions: ClusterActions): Step[] {
  const remove: Step['undo'] = (c) => actions.remove(c, c.signal);
  return [
    {
      name: 'cluster.network',
      timeoutMs: 30_000,
      run: async (c) => ({ ...(await actions.network(c, c.signal)) }),
      undo: remove,
    },
    {
      name: 'cluster.create',
      timeoutMs: TURN_MS,
      run: (c) => actions.create(c, { nodes, signal: c.signal }),
      undo: remove,
    },
    {
      name: 'cluster.ready',
      timeoutMs: 90_000,
      run: (c) => actions.ready(c, c.signal),
      // Goes with the nodes.
      undo: () => Promise.resolve(),
    },
  ];
}
