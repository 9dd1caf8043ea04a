import { closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync, statfsSync } from 'node:fs';
import { openInside, RefusedPath } from '../netns/open-inside.js';

const PROC_MAGIC = 0x9fa0;
const O_PATH = 0x200000;

export const NAMESPACES = ['pid', 'mnt', 'uts', 'net'] as const;
export type NamespaceKind = (typeof NAMESPACES)[number];

/** What the machine's own /proc says of one process of a lab host. */
export interface RawProcess {
  /** Pids from the lab host's namespace inwards; the machine's own is left out. */
  nsPid: number[];
  /** `uts:[4026532…]` and its like. */
  ns: Record<NamespaceKind, string>;
  /** Device and inode of its root directory. */
  root: string;
  procMounted: boolean;
  /** Text of its `cgroup` file. */
  groups: string;
  comm: string;
}

/** Codes of what is not there any more, or, for a process that is ending, not readable any more. */
const GONE = new Set(['ENOENT', 'ESRCH', 'EACCES', 'ENOTDIR', 'EINVAL']);

/** undefined when the process ended while it was read; everything else is thrown. */
export function orGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (GONE.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Text of one of the files below an open /proc/<pid>; lookups through it fail once the process has ended. */
export function procText(folder: number, name: string): string {
  return readFileSync(`/proc/self/fd/${folder}/${name}`, 'utf8');
}

export function procLink(folder: number, name: string): string {
  return readlinkSync(`/proc/self/fd/${folder}/${name}`);
}

/** Pids of a process by namespace, the reader's own first. */
export function nsPids(folder: number): number[] {
  const line = /^NSpid:\s*(.*)$/m.exec(procText(folder, 'status'))?.[1] ?? '';
  return line.split(/\s+/).filter(Boolean).map(Number);
}

/** Device and inode of the root directory of a process: nothing of what is in there is looked at. */
export function rootOf(folder: number): string {
  const root = openSync(`/proc/self/fd/${folder}/root`, O_PATH | constants.O_DIRECTORY);
  try {
    const { dev, ino } = fstatSync(root, { bigint: true });
    return `${dev}:${ino}`;
  } finally {
    closeSync(root);
  }
}

/**
 * `depth` = how many pid namespaces lie above the lab host's, seen from here; `known` spares looking twice at one /proc.
 * Throws when the process is gone.
 */
export function readProcess(folder: number, depth: number, known?: RawProcess): RawProcess {
  const ns = {} as Record<NamespaceKind, string>;
  for (const kind of NAMESPACES) ns[kind] = procLink(folder, `ns/${kind}`);
  const root = rootOf(folder);
  const same = known && root === known.root && ns.pid === known.ns.pid && ns.mnt === known.ns.mnt;
  return {
    nsPid: nsPids(folder).slice(depth),
    ns,
    root,
    procMounted: same ? known.procMounted : seesItself(folder, ns.pid),
    groups: procText(folder, 'cgroup'),
    comm: procText(folder, 'comm').replace(/\n$/, ''),
  };
}

/**
 * Whether /proc of its root is a procfs of its own pid namespace: process 1 in there is in the namespace that the
 * process itself is in. Walked component by component, all on that one file system, so that nothing mounted over a
 * part of it can answer in its stead.
 */
function seesItself(folder: number, pidNamespace: string): boolean {
  const root = openSync(`/proc/self/fd/${folder}/root`, O_PATH | constants.O_DIRECTORY);
  const open: number[] = [root];
  try {
    const proc = openInside(root, ['proc']);
    open.push(proc.fd);
    if (statfsSync(`/proc/self/fd/${proc.fd}`).type !== PROC_MAGIC) return false;
    const first = openInside(proc.fd, ['1']);
    open.push(first.fd);
    const namespaces = openInside(first.fd, ['ns']);
    open.push(namespaces.fd);
    if (first.stat.dev !== proc.stat.dev || namespaces.stat.dev !== proc.stat.dev) return false;
    return readlinkSync(`/proc/self/fd/${namespaces.fd}/pid`) === pidNamespace;
  } catch (error) {
    if (error instanceof RefusedPath || GONE.has((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  } finally {
    for (const fd of open) closeSync(fd);
  }
}
