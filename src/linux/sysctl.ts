import { readFileSync } from 'node:fs';

/** Each node of a cluster needs some tens of instances; the kernel's default holds a single cluster. */
export const INOTIFY: Record<string, number> = {
  'fs.inotify.max_user_instances': 8192,
  'fs.inotify.max_user_watches': 524_288,
};

/** A setting of the kernel that is a number; undefined where it cannot be read. */
export function readSysctl(name: string, root = '/proc/sys'): number | undefined {
  try {
    return Number(readFileSync(`${root}/${name.replaceAll('.', '/')}`, 'utf8').trim());
  } catch {
    return undefined;
  }
}
