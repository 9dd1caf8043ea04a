import { readFileSync } from 'node:fs';

/** One cgroup hierarchy of this machine as it is mounted here. */
export interface Hierarchy {
  /** Controllers of a v1 hierarchy; empty for v2. */
  controllers: string[];
  /** Group that is mounted, `/` unless this service lives in a container. */
  root: string;
  target: string;
}

/** Hierarchies named in the text of a mountinfo file. */
export function parseHierarchies(mountinfo: string): Hierarchy[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const [type = '', , options = ''] = right.split(' ');
    const [, , , root = '/', target = ''] = left.split(' ');
    if (type === 'cgroup2') return [{ controllers: [], root, target }];
    return type === 'cgroup' ? [{ controllers: options.split(','), root, target }] : [];
  });
}

let cached: Hierarchy[] | undefined;

/** Read once: they do not change while the machine runs. */
export function hierarchies(): Hierarchy[] {
  cached ??= parseHierarchies(readFileSync('/proc/self/mountinfo', 'utf8'));
  return cached;
}

/** Path of the group that a process has for a controller, from the text of its `cgroup` file; v2 where v1 has it not. */
export function groupOf(text: string, controller: string): string | undefined {
  let unified: string | undefined;
  for (const line of text.split('\n')) {
    const found = /^\d+:([^:]*):(.*)$/.exec(line);
    if (!found) continue;
    const [, names = '', group = ''] = found;
    if (names.split(',').includes(controller)) return group;
    if (names === '') unified = group;
  }
  return unified;
}

/** Folder of a group in the hierarchy of a controller. */
export function groupFolder(controller: string, group: string, among = hierarchies()): string | undefined {
  const found =
    among.find(({ controllers }) => controllers.includes(controller)) ??
    among.find(({ controllers }) => controllers.length === 0);
  if (!found) return undefined;
  const { root, target } = found;
  const inside = root !== '/' && group.startsWith(root) ? group.slice(root.length) : group;
  return `${target}${inside}`;
}
