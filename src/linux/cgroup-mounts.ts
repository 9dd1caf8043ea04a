import { existsSync, readFileSync } from 'node:fs';

let cached: string[] | undefined;

function parse(mountinfo: string): { target: string; type: string; superOptions: string }[] {
  return mountinfo
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [left = '', right = ''] = line.split(' - ');
      const [type = '', , superOptions = ''] = right.split(' ');
      return { target: left.split(' ')[4] ?? '', type, superOptions };
    })
    .filter((mount) => mount.type === 'cgroup' || mount.type === 'cgroup2');
}

/** Mount points of all cgroup hierarchies. Read once: they do not change while the machine runs. */
export function cgroupRoots(): string[] {
  cached ??= [...new Set(parse(readFileSync('/proc/self/mountinfo', 'utf8')).map((mount) => mount.target))];
  return cached;
}

export type CgroupMode = 'unified' | 'hybrid' | 'legacy' | 'none';

/** `unified` is v2 alone, `legacy` v1 alone, `hybrid` both. */
export function cgroupMode(mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')): CgroupMode {
  const types = new Set(parse(mountinfo).map((mount) => mount.type));
  if (types.size === 0) return 'none';
  if (types.size === 2) return 'hybrid';
  return types.has('cgroup2') ? 'unified' : 'legacy';
}

/** Words of a v1 mount's options that are no controllers. */
const NO_CONTROLLER = /^(rw|ro|name=.*|none|clone_children|xattr|release_agent=.*)$/;

/** Controllers that can limit a group: of v1 by their mounts, of v2 by `cgroup.controllers` of its root. */
export function cgroupControllers(): string[] {
  const found = new Set<string>();
  for (const mount of parse(readFileSync('/proc/self/mountinfo', 'utf8'))) {
    try {
      const text =
        mount.type === 'cgroup'
          ? mount.superOptions
          : readFileSync(`${mount.target}/cgroup.controllers`, 'utf8');
      for (const word of text.split(/[\s,]+/)) if (word !== '' && !NO_CONTROLLER.test(word)) found.add(word);
    } catch {
      // An unreadable hierarchy limits nothing.
    }
  }
  return [...found];
}

/** Whether a group's swap can be limited: v1 only where the kernel accounts for it. */
export function limitsSwap(): boolean {
  return cgroupRoots().some(
    (root) => existsSync(`${root}/memory.memsw.limit_in_bytes`) || existsSync(`${root}/cgroup.controllers`),
  );
}
