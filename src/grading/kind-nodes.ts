import type { ClusterNode } from '../drivers/cluster-driver.js';
import { runCommand } from '../linux/exec/command.js';

interface Inspected {
  Name: string;
  Id: string;
  State: { Pid: number };
  NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
}

/** Nodes of a cluster that kind made by hand, the control plane first: for authors' tools and tests. */
export async function kindNodes(cluster: string): Promise<ClusterNode[]> {
  const docker = async (args: string[]): Promise<string> =>
    (await runCommand({ argv: ['docker', ...args], timeoutMs: 10_000, maxOutput: 1024 * 1024 })).stdout;
  const ids = await docker(['ps', '-aq', '--no-trunc', '--filter', `label=io.x-k8s.kind.cluster=${cluster}`]);
  if (ids.trim() === '') throw new Error(`there is no kind cluster "${cluster}"`);
  const inspected = JSON.parse(await docker(['inspect', ...ids.trim().split('\n')])) as Inspected[];
  const nodes = inspected.map(({ Name, Id, State, NetworkSettings }) => ({
    name: Name.replace(/^\//, ''),
    address: Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? '',
    initPid: State.Pid,
    cgroup: `/docker/${Id}`,
  }));
  const rank = (name: string): number => (name.includes('control-plane') ? 0 : 1);
  return nodes.sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
}
