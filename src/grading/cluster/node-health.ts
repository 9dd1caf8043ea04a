import type { ClusterNode } from '../../drivers/cluster-driver.js';
import { kubeletRunsOn } from './attribution.js';

/** A kubelet renews its node's lease every 10 s. */
const STALE_MS = 20_000;
/** With a kubelet that runs, a late lease may be a busy machine of ours; then Kubernetes itself gives up on the node. */
const STALE_RUNNING_MS = 45_000;
/** After the cluster was started or resumed, the first lease takes its time. */
const GRACE_MS = 30_000;
const KUBELET_LOOK_MS = 2000;

/** Whether what a node says of its pods is of now. By the moments at which renewals came here, never by their content. */
export class NodeHealth {
  private readonly renewedAt = new Map<string, number>();
  private readonly looked = new Map<string, { at: number; runs: boolean }>();
  private readonly since: number;

  constructor(
    private readonly nodes: readonly ClusterNode[],
    private readonly now: () => number,
    private readonly kubeletRuns: (node: ClusterNode) => boolean = kubeletRunsOn,
  ) {
    this.since = now();
  }

  renewed(node: string): void {
    this.renewedAt.set(node, this.now());
  }

  /** Names of the nodes whose kubelet has fallen silent. */
  stale(): string[] {
    const now = this.now();
    if (now - this.since < GRACE_MS) return [];
    return this.nodes.filter((node) => this.isStale(node, now)).map((node) => node.name);
  }

  private isStale(node: ClusterNode, now: number): boolean {
    const silent = now - (this.renewedAt.get(node.name) ?? this.since);
    if (silent <= STALE_MS) return false;
    return silent > STALE_RUNNING_MS || !this.runs(node, now);
  }

  private runs(node: ClusterNode, now: number): boolean {
    const known = this.looked.get(node.name);
    if (known && now - known.at < KUBELET_LOOK_MS) return known.runs;
    const runs = this.kubeletRuns(node);
    this.looked.set(node.name, { at: now, runs });
    return runs;
  }
}
