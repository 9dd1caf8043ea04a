import { statfs } from 'node:fs/promises';
import { INOTIFY, readSysctl } from '../../linux/sysctl.js';
import type { Finding } from '../host-driver.js';

const GIB = 1024 ** 3;
/** Of one cluster with the images of a course. */
const SPACE = 5 * GIB;

export function checkRoot(uid = process.getuid?.() ?? -1): Finding {
  const wanted = 'root, for networks and mounts of clusters';
  const finding: Finding = { code: 'cluster.root', level: 'ok', found: `uid ${uid}`, wanted };
  return uid === 0 ? finding : { ...finding, level: 'fail', fix: 'start the service as root' };
}

export async function checkSpace(folder: string): Promise<Finding> {
  // A service in a container does not see the engine's folder; but its own root lies there.
  const { bavail, bsize } = await statfs(folder).catch(() => statfs('/'));
  const free = bavail * bsize;
  const finding: Finding = {
    code: 'cluster.disk',
    level: 'ok',
    found: `${(free / GIB).toFixed(1)} GiB free in ${folder}`,
    wanted: '5 GiB for each cluster',
  };
  if (free >= SPACE) return finding;
  return { ...finding, level: 'fail', fix: 'free space there (docker system df shows what takes it)' };
}

export function checkInotify(root = '/proc/sys'): Finding[] {
  return Object.entries(INOTIFY).map(([name, wanted]) => {
    const value = readSysctl(name, root);
    const finding: Finding = {
      code: `cluster.inotify.${name.endsWith('instances') ? 'instances' : 'watches'}`,
      level: 'ok',
      found: `${name} = ${value ?? 'unreadable'}`,
      wanted: `${wanted} or more, else only few clusters fit`,
    };
    if (value !== undefined && value >= wanted) return finding;
    return { ...finding, level: 'warn', fix: `wheelhouse doctor --fix, or sysctl -w ${name}=${wanted}` };
  });
}
