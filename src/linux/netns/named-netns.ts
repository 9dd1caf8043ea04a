import { closeSync, opendirSync, statfsSync } from 'node:fs';
import type { HostHandle } from './host-handle.js';
import { openInside, RefusedPath } from './open-inside.js';

const NSFS_MAGIC = 0x6e736673;
const NAME = /^[A-Za-z0-9_.-]{1,64}$/;
export const MAX_ENTRIES = 256;

export interface NamedNetns {
  name: string;
  /** nsfs inode; undefined when refused. */
  inode?: bigint;
  /** Why the entry is no namespace that may be entered. */
  refused?: string;
}

/** A namespace under /run/netns, as an O_PATH descriptor for `--net=/proc/self/fd/3`. The caller closes it. */
export interface OpenNetns {
  fd: number;
  inode: bigint;
}

/**
 * Opens `run/netns/<name>` of the lab host. Throws RefusedPath for links, FIFOs, files, sockets and devices; a
 * namespace of another kind or owner passes here and is refused by the kernel on entry.
 */
export function openNamedNetns(host: HostHandle, name: string): OpenNetns {
  if (!NAME.test(name) || name === '.' || name === '..')
    throw new RefusedPath('name', 'not a namespace name');
  const { fd, stat } = host.withRoot((root) => openInside(root, ['run', 'netns', name]));
  try {
    if (!stat.isFile()) throw new RefusedPath(name, 'not a namespace');
    if (statfsSync(`/proc/self/fd/${fd}`).type !== NSFS_MAGIC) throw new RefusedPath(name, 'not a namespace');
    return { fd, inode: stat.ino };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Names under /run/netns, at most 256, sorted; entries are looked at but not entered. Nothing there is no entry. */
export function listNamedNetns(host: HostHandle): { entries: NamedNetns[]; truncated: boolean } {
  const { names, truncated } = readNames(host);
  const entries = names.sort().map((name): NamedNetns => {
    try {
      const { fd, inode } = openNamedNetns(host, name);
      closeSync(fd);
      return { name, inode };
    } catch (error) {
      if (error instanceof RefusedPath) return { name, refused: error.reason };
      throw error;
    }
  });
  return { entries, truncated };
}

function readNames(host: HostHandle): { names: string[]; truncated: boolean } {
  let folder: number;
  try {
    folder = host.withRoot((root) => openInside(root, ['run', 'netns'])).fd;
  } catch (error) {
    if (error instanceof RefusedPath && error.reason === 'absent') return { names: [], truncated: false };
    throw error;
  }
  try {
    // Read step by step: the learner may have made a hundred thousand entries.
    const directory = opendirSync(`/proc/self/fd/${folder}`, { bufferSize: 64 });
    const names: string[] = [];
    try {
      for (let entry = directory.readSync(); entry; entry = directory.readSync()) {
        if (names.length === MAX_ENTRIES) return { names, truncated: true };
        names.push(entry.name);
      }
    } finally {
      directory.closeSync();
    }
    return { names, truncated: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR')
      throw new RefusedPath('netns', 'not a directory');
    throw error;
  } finally {
    closeSync(folder);
  }
}
