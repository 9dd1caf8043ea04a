import type { ClusterFound, ClusterNode } from '../cluster-driver.js';
import type { Cost } from '../step.js';

const FIRST_PID = 1_100_000_000;

/** What a real cluster costs, so that queues and budgets in tests are those of real ones. */
export function fakeCost(nodes: number): Cost {
  const amounts = (memMiB: number, cpuMilli: number, pids: number) => ({
    cpuMilli: cpuMilli * nodes,
    memMiB: memMiB * nodes,
    pids: pids * nodes,
    inotifyInstances: 64 * nodes,
    ptys: 2 * nodes,
  });
  return { reserve: amounts(1024, 250, 400), limit: amounts(2048, 2000, 2048) };
}

let lastPid = FIRST_PID;

/** Addresses follow that of the lab host, as in a real network. */
export function fakeNode(cluster: ClusterFound, index: number): ClusterNode {
  const role = index === 0 ? 'control-plane' : index === 1 ? 'worker' : `worker${index}`;
  const name = `wh-${cluster.id}-${cluster.attempt}-${role}`;
  const network = cluster.network!.hostCidr.split('.').slice(0, 3).join('.');
  return { name, address: `${network}.${3 + index}`, initPid: ++lastPid, cgroup: `/docker/${name}` };
}
