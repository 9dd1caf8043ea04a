import { groupFolder, groupOf, parseHierarchies } from './cgroup-paths.js';

const HYBRID = `
30 23 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro
31 30 0:27 / /sys/fs/cgroup/unified rw,nosuid - cgroup2 cgroup2 rw
32 30 0:28 /docker/abc /sys/fs/cgroup/pids rw,nosuid shared:1 - cgroup cgroup rw,pids
33 30 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
`;
const PROCESS = '9:pids:/docker/abc/wh/one\n8:cpu,cpuacct:/wh/one\n0::/wh/v2\n';

describe('groups of a process', () => {
  it('are those of the v1 hierarchy of a controller, or of v2', () => {
    expect(groupOf(PROCESS, 'pids')).toBe('/docker/abc/wh/one');
    expect(groupOf(PROCESS, 'cpuacct')).toBe('/wh/one');
    expect(groupOf(PROCESS, 'memory')).toBe('/wh/v2');
    expect(groupOf('', 'pids')).toBeUndefined();
  });

  it('are found below the mount of their hierarchy, also where only a part of it is mounted', () => {
    const among = parseHierarchies(HYBRID);
    expect(groupFolder('pids', '/docker/abc/wh/one', among)).toBe('/sys/fs/cgroup/pids/wh/one');
    expect(groupFolder('cpu', '/wh/one', among)).toBe('/sys/fs/cgroup/cpu,cpuacct/wh/one');
    expect(groupFolder('memory', '/wh/v2', among)).toBe('/sys/fs/cgroup/unified/wh/v2');
    expect(groupFolder('memory', '/wh/v2', [])).toBeUndefined();
  });
});
