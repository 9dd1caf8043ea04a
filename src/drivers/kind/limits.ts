import type { Amounts, Cost } from '../step.js';

/** Enforced for each node, after its creation: kind has no options for them. */
export const NODE_LIMITS = { memMiB: 2048, cpus: 2, pids: 2048 };

/** An idle control plane takes 660 MiB, 215 processes and a tenth of a core; the rest is room for the lab. */
const RESERVE: Amounts = { cpuMilli: 250, memMiB: 1024, pids: 400, inotifyInstances: 64, ptys: 2 };
const LIMIT: Amounts = {
  cpuMilli: NODE_LIMITS.cpus * 1000,
  memMiB: NODE_LIMITS.memMiB,
  pids: NODE_LIMITS.pids,
  inotifyInstances: 64,
  ptys: 2,
};

function times(amounts: Amounts, nodes: number): Amounts {
  return {
    cpuMilli: amounts.cpuMilli * nodes,
    memMiB: amounts.memMiB * nodes,
    pids: amounts.pids * nodes,
    inotifyInstances: amounts.inotifyInstances * nodes,
    ptys: amounts.ptys * nodes,
  };
}

/** What admission counts for a cluster. */
export function clusterCost(nodes: number): Cost {
  return { reserve: times(RESERVE, nodes), limit: times(LIMIT, nodes) };
}
