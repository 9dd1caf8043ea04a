import { closeSync, constants, fstatSync, openSync, type BigIntStats } from 'node:fs';

/** Not among Node's constants. An O_PATH descriptor names a thing without opening it: no FIFO blocks, no device acts. */
const O_PATH = 0x200000;

/** Why a path inside a lab host was not opened. */
export class RefusedPath extends Error {
  constructor(
    readonly component: string,
    readonly reason: string,
  ) {
    super(`${component}: ${reason}`);
  }
}

export interface OpenedInside {
  /** O_PATH descriptor; the caller closes it. */
  fd: number;
  stat: BigIntStats;
}

/**
 * Opens a path inside a lab host one component at a time, each by itself and following nothing, so that no symbolic
 * link of the learner can lead outside. `root` is an O_PATH descriptor of the lab host's root directory.
 * Throws RefusedPath; code ENOENT components give `reason: 'absent'`.
 */
export function openInside(root: number, components: readonly string[]): OpenedInside {
  let parent = root;
  try {
    for (const [index, component] of components.entries()) {
      const fd = openComponent(parent, component);
      if (parent !== root) closeSync(parent);
      parent = fd;
      const stat = fstatSync(fd, { bigint: true });
      if (stat.isSymbolicLink()) throw new RefusedPath(component, 'symlink');
      if (index < components.length - 1 && !stat.isDirectory())
        throw new RefusedPath(component, 'not a directory');
      if (index === components.length - 1) return { fd, stat };
    }
  } catch (error) {
    if (parent !== root) closeSync(parent);
    throw error;
  }
  throw new RefusedPath('', 'empty path');
}

function openComponent(parent: number, component: string): number {
  if (component === '' || component === '.' || component === '..' || component.includes('/')) {
    throw new RefusedPath(component, 'not a plain name');
  }
  try {
    return openSync(`/proc/self/fd/${parent}/${component}`, O_PATH | constants.O_NOFOLLOW);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new RefusedPath(component, code === 'ENOENT' ? 'absent' : (code ?? 'unreadable'));
  }
}

export function openRoot(procFolder: number): number {
  return openSync(`/proc/self/fd/${procFolder}/root`, O_PATH | constants.O_DIRECTORY);
}

export function openProcFolder(pid: number): number {
  return openSync(`/proc/${pid}`, O_PATH | constants.O_DIRECTORY);
}
