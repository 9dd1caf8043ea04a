import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { cgroupFolders } from '../../linux/cgroup.js';

export interface NodeProcess {
  pid: number;
  comm: string;
  /** Letter of /proc/<pid>/stat: T = stopped by a signal. */
  state: string;
  /** Uid of its pod, or null for what the node itself runs. */
  podUid: string | null;
}

const MAX_FOLDERS = 4000;

/** Processes of a node, as the machine's kernel lists them: nothing inside the node is asked. */
export function nodeProcesses(cgroup: string): NodeProcess[] {
  const found: NodeProcess[] = [];
  walk(hierarchyOf(cgroup), (pids, podUid) => {
    for (const pid of pids) {
      const stat = statOf(pid);
      if (stat) found.push({ pid, podUid, ...stat });
    }
  });
  return found;
}

/** Live processes of each pod, without the one that only holds its namespaces. */
export function podProcesses(cgroup: string): Map<string, number> {
  const pods = new Map<string, number>();
  walk(hierarchyOf(cgroup), (pids, podUid) => {
    if (podUid === null) return;
    const living = pids.length === 1 && isHolder(pids[0]!) ? 0 : pids.filter(isLiving).length;
    pods.set(podUid, (pods.get(podUid) ?? 0) + living);
  });
  return pods;
}

/** Alone in its group, and of that name: a container whose only process calls itself so counts as not running. */
const isHolder = (pid: number): boolean => statOf(pid)?.comm === 'pause';

function isLiving(pid: number): boolean {
  const state = statOf(pid)?.state;
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** Of several hierarchies one in which the node's kubelet makes groups for its pods. */
function hierarchyOf(cgroup: string): string | undefined {
  // A node that does not run has none; the root would be the machine's own.
  if (cgroup === '' || cgroup === '/') return undefined;
  const rank = (folder: string): number =>
    folder.includes('/pids/') ? 0 : folder.includes('/memory/') ? 1 : 2;
  return cgroupFolders(cgroup)
    .filter((folder) => namesIn(folder).some((name) => name.startsWith('kubelet') || name === 'kubepods'))
    .sort((a, b) => rank(a) - rank(b))[0];
}

function walk(root: string | undefined, visit: (pids: number[], podUid: string | null) => void): void {
  if (root === undefined) return;
  let left = MAX_FOLDERS;
  const enter = (folder: string, podUid: string | null): void => {
    if (left-- <= 0) return;
    const pids = pidsIn(folder);
    if (pids.length > 0) visit(pids, podUid);
    for (const name of namesIn(folder)) enter(path.join(folder, name), podUid ?? podUidOf(name));
  };
  enter(root, null);
}

/** `kubelet-kubepods-besteffort-pod52b4e469_1081_….slice` or `pod52b4e469-1081-…`; static pods have a plain hash. */
export function podUidOf(name: string): string | null {
  const found = /(?:^|-)pod([0-9a-f]{8}[0-9a-f_-]{24,28})(?:\.slice)?$/.exec(name);
  return found ? found[1]!.replaceAll('_', '-') : null;
}

function namesIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return [];
  }
}

function pidsIn(folder: string): number[] {
  try {
    const lines = readFileSync(path.join(folder, 'cgroup.procs'), 'utf8').split('\n');
    return lines.filter((line) => line !== '' && line !== '0').map(Number);
  } catch {
    return [];
  }
}

function statOf(pid: number): { comm: string; state: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const close = text.lastIndexOf(')');
    return { comm: text.slice(text.indexOf('(') + 1, close), state: text[close + 2] ?? '?' };
  } catch {
    return undefined;
  }
}
