import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cgroupMode } from './cgroup-mounts.js';
import { readMounts } from './mounts.js';

const V1 = '30 29 0:26 / /sys/fs/cgroup/pids rw,relatime shared:9 - cgroup cgroup rw,pids';
const V2 = '31 29 0:27 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw';

describe('readMounts', () => {
  it('gives targets and options, oldest first, with spaces in names', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mounts-'));
    const file = path.join(folder, 'mountinfo');
    writeFileSync(
      file,
      `1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 8:1 /x /with\\040space ro,nosuid - ext4 /dev/a rw\n`,
    );
    expect(readMounts(file)).toEqual([
      { target: '/', options: ['rw'] },
      { target: '/with space', options: ['ro', 'nosuid'] },
    ]);
    rmSync(folder, { recursive: true });
  });
});

describe('cgroupMode', () => {
  it('tells the three ways of mounting cgroups apart', () => {
    expect(cgroupMode(V1)).toBe('legacy');
    expect(cgroupMode(V2)).toBe('unified');
    expect(cgroupMode(`${V1}\n${V2}\n`)).toBe('hybrid');
    expect(cgroupMode('1 0 8:1 / / rw - ext4 /dev/a rw')).toBe('none');
  });
});
