import type { Engine } from './engine.js';
import { withKube } from './access.js';
import { writeFiles } from './files.js';
import { createCluster } from './kind-cli.js';
import type { ClusterFiles } from './layout.js';
import { NODE_LIMITS } from './limits.js';
import { applyLockDown, dropJoinToken, tuneDns } from './lock-down.js';
import { writeMarker } from './marker.js';
import type { ClusterSurvey } from './survey.js';
import { until } from './until.js';

export interface BuildOptions {
  engine: Engine;
  survey: ClusterSurvey;
  files: ClusterFiles;
  name: string;
  nodes: number;
  image: string;
  path: string;
  signal: AbortSignal;
}

/** Address of the control plane, as soon as all nodes have their limits. */
async function limitNodes(o: BuildOptions): Promise<string> {
  const { engine, survey, name, signal } = o;
  const limited = new Set<string>();
  return until({ what: `${o.nodes} nodes of ${name}`, everyMs: 50, signal }, async () => {
    const nodes = await survey.nodesOf(name, signal);
    // One at a time: the first to appear must not wait for the others.
    for (const node of nodes.filter(({ id, status }) => status === 'running' && !limited.has(id))) {
      await engine.limit(node.id, NODE_LIMITS);
      limited.add(node.id);
    }
    const address = nodes[0]?.address;
    return limited.size === o.nodes && address ? address : undefined;
  });
}

/** What is done beside kind, as early as can be: limits, and the lock-down while kubeadm still works. */
async function attend(o: BuildOptions): Promise<string> {
  const address = await limitNodes(o);
  await withKube({ files: o.files, address }, async (kube) => {
    await applyLockDown(kube, o.signal);
    await tuneDns(kube, o.signal);
  });
  return address;
}

/** A whole cluster out of nothing. Whatever fails, the caller removes what there is. */
export async function buildCluster(options: BuildOptions): Promise<void> {
  const failed = new AbortController();
  const o = { ...options, signal: AbortSignal.any([options.signal, failed.signal]) };
  await writeFiles(o.files, o.nodes);
  const endBoth = (error: unknown): never => {
    failed.abort();
    throw error;
  };
  const kind = createCluster({ ...o, socket: o.engine.socket }).catch(endBoth);
  const beside = attend(o).catch(endBoth);
  // Both are over before this is, and the first error is the one that counts.
  const [first] = await Promise.allSettled([Promise.all([kind, beside]), kind, beside]);
  if (first.status === 'rejected') throw first.reason;
  const [, address] = first.value;
  await withKube({ files: o.files, address }, (kube) => dropJoinToken(kube, o.signal));
  await writeMarker(o.files, { nodes: o.nodes, address });
}
