import { closeSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ClusterNode } from '../../drivers/cluster-driver.js';
import { cgroupFolders } from '../../linux/cgroup.js';
import { openInside, openProcFolder, openRoot, RefusedPath } from '../../linux/netns/open-inside.js';
import type { ProbeFault } from '../observation.js';
import { nodeProcesses, type NodeProcess } from './node-processes.js';

const tenant = (code: string, detail: string): ProbeFault => ({ cause: 'tenant', code, detail });
const platform = (code: string, detail: string): ProbeFault => ({ cause: 'platform', code, detail });

/** What makes an API server answer, and the file that makes the kubelet run it. */
const SERVERS = ['kube-apiserver', 'etcd'];

/**
 * Whose doing it is that an API server does not answer, from what the machine sees of its node. Only what the learner
 * alone can have done is theirs: a server stopped by a signal, or one that nothing will start again. All else is ours,
 * also a server that is slow on a machine of ours.
 */
export function blameForSilence(node: ClusterNode | undefined, code: string): ProbeFault {
  if (!node || node.initPid === 0 || !existsSync(`/proc/${node.initPid}`))
    return platform('ended', 'the node does not run');
  if (isFrozen(node.cgroup)) return platform('paused', 'the node is paused');
  const processes = nodeProcesses(node.cgroup);
  for (const server of SERVERS) {
    const running = processes.filter(({ comm }) => comm === server);
    if (running.some(({ state }) => isStopped(state))) return tenant('stopped', `${server} was stopped`);
    if (running.length > 0) continue;
    if (!hasManifest(node.initPid, server)) return tenant('removed', `${server} was taken away`);
    if (!kubeletRuns(processes)) return tenant('stopped', `${server} and the kubelet do not run`);
  }
  return platform(code, 'the API server runs, but does not answer');
}

/** The kubelet is started by the node itself: one that is gone or stopped, in a node that runs, was ended by someone. */
export function kubeletRunsOn(node: ClusterNode): boolean {
  return kubeletRuns(nodeProcesses(node.cgroup));
}

function kubeletRuns(processes: NodeProcess[]): boolean {
  return processes.some(
    ({ comm, state, podUid }) => comm === 'kubelet' && podUid === null && !isStopped(state),
  );
}

const isStopped = (state: string): boolean => state === 'T' || state === 't';

function hasManifest(initPid: number, server: string): boolean {
  const proc = openProcFolder(initPid);
  try {
    const root = openRoot(proc);
    try {
      closeSync(openInside(root, ['etc', 'kubernetes', 'manifests', `${server}.yaml`]).fd);
      return true;
    } catch (error) {
      if (error instanceof RefusedPath && error.reason === 'absent') return false;
      throw error;
    } finally {
      closeSync(root);
    }
  } catch {
    // The node ended while we looked.
    return true;
  } finally {
    closeSync(proc);
  }
}

/** Whether the engine froze the whole node, as a pause does. */
function isFrozen(cgroup: string): boolean {
  return cgroupFolders(cgroup).some((folder) => {
    if (textOf(path.join(folder, 'freezer.state')) === 'FROZEN') return true;
    return textOf(path.join(folder, 'cgroup.freeze')) === '1';
  });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
