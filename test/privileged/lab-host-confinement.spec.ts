import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../../src/common/clock.js';
import { silentLogger } from '../../src/common/logger.js';
import { Layout } from '../../src/drivers/oci/layout.js';
import { PtyWatch } from '../../src/drivers/oci/pty-watch.js';
import { runCommand } from '../../src/linux/exec/command.js';
import { cgroupFolders } from '../../src/linux/cgroup.js';
import { describeWith } from '../support/capability.js';
import { makeOciLab, provision, TEST_UID_BASE, within, type OciLab } from '../support/lab-host.js';

/** Value of a limit, under its name in cgroup v1 or v2. */
function limitOf(group: string, names: string[]): string | undefined {
  const files = cgroupFolders(group).flatMap((folder) => names.map((name) => path.join(folder, name)));
  const file = files.find((candidate) => existsSync(candidate));
  return file && readFileSync(file, 'utf8').trim();
}

describeWith(['root', 'runc'], 'the confinement of a lab host', () => {
  let lab: OciLab;
  const pids: number[] = [];

  beforeAll(async () => {
    lab = makeOciLab();
    for (const [slot, id] of ['one', 'two'].entries()) {
      const facts = await provision(lab.driver, id, {
        slot,
        requires: ['netns'],
        publish: { 'task.txt': 'read me\n' },
      });
      pids.push(Number(facts['initPid']));
    }
  });

  afterAll(() => lab.remove());

  /** Runs a command that must fail, and returns what it said. */
  async function refused(command: string): Promise<string> {
    const { exit, stdout, stderr } = await lab.driver.exec('one', 1, ['/bin/bash', '-c', command], within());
    expect({ command, exit }).not.toEqual({ command, exit: 0 });
    return stdout + stderr;
  }

  it('gives each lab host ids that no other has', () => {
    const ranges = pids.map((pid) =>
      readFileSync(`/proc/${pid}/uid_map`, 'utf8').trim().split(/\s+/).map(Number),
    );
    expect(ranges).toEqual([
      [0, TEST_UID_BASE, 65536],
      [0, TEST_UID_BASE + 65536, 65536],
    ]);
  });

  it('gives each lab host namespaces of its own, its network owned by its user namespace', () => {
    for (const kind of ['user', 'net', 'pid', 'mnt', 'ipc', 'uts', 'cgroup']) {
      const links = [...pids, process.pid].map((pid) => readlinkSync(`/proc/${pid}/ns/${kind}`));
      expect(new Set(links).size).toBe(3);
    }
  });

  it('sets the limits of memory, processes and processor', () => {
    const group = `/wheelhouse/${lab.installId}/wh-one-1`;
    expect(limitOf(group, ['memory.limit_in_bytes', 'memory.max'])).toBe(String(256 << 20));
    expect(limitOf(group, ['pids.max'])).toBe('256');
    expect(limitOf(group, ['cpu.cfs_quota_us', 'cpu.max'])).toMatch(/^100000/);
  });

  it('caps namespaces and inotify, and the caps bind', async () => {
    const caps = await lab.inside(
      'one',
      'cd /proc/sys/user && head -n1 max_{net,user,mnt,pid}_namespaces max_inotify_*',
    );
    expect(caps.match(/\d+$/gm)).toEqual(['8', '0', '64', '8', '16', '4096']);
    const made = await lab.inside(
      'one',
      'for i in $(seq 20); do ip netns add n$i 2>/dev/null || break; done; ip netns | wc -l',
    );
    // One is its own.
    expect(made.trim()).toBe('7');
    expect(await refused('echo 100 > /proc/sys/user/max_net_namespaces')).toMatch(
      /denied|not permitted|Read-only/i,
    );
    await lab.inside('one', 'for n in $(ip netns); do ip netns del $n; done');
  });

  it('leaves process 1 no capability and no descriptor but /dev/null', () => {
    const status = readFileSync(`/proc/${pids[0]}/status`, 'utf8');
    expect(status.match(/^Cap(Prm|Eff|Bnd|Amb):\s+0+$/gm)).toHaveLength(4);
    const targets = readdirSync(`/proc/${pids[0]}/fd`).map((fd) => [
      fd,
      readlinkSync(`/proc/${pids[0]}/fd/${fd}`),
    ]);
    expect(targets).toEqual(['0', '1', '2'].map((fd) => [fd, '/dev/null']));
  });

  it('gives a command inside the descriptors 0, 1 and 2 alone', async () => {
    // 3 is the folder that ls itself has open.
    expect((await lab.inside('one', 'ls /proc/self/fd')).split('\n')).toEqual(['0', '1', '2', '3', '']);
  });

  it('gives a shell on a terminal the descriptors 0, 1 and 2 alone, on its own devpts', async () => {
    const argv = ['/bin/bash', '-c', 'ls /proc/$$/fd > /tmp/fds; echo "<$(xargs < /tmp/fds) $(tty)>"'];
    const pty = await lab.driver.openPty('one', 1, { argv, env: {}, cols: 80, rows: 24 }, within());
    let text = '';
    pty.onData((bytes) => (text += bytes.toString()));
    const exit = await new Promise((resolve) => pty.onExit(resolve));
    expect(exit).toMatchObject({ code: 0 });
    // Of the shell itself, not of the ls that looks.
    expect(/<(.*)>/.exec(text)?.[1]).toBe('0 1 2 /dev/pts/0');
  });

  it('gives a command its terminal in the right size from the first moment', async () => {
    const argv = ['/bin/stty', 'size'];
    const pty = await lab.driver.openPty('one', 1, { argv, env: {}, cols: 111, rows: 33 }, within());
    let text = '';
    pty.onData((bytes) => (text += bytes.toString()));
    await new Promise((resolve) => pty.onExit(resolve));
    expect(text).toBe('33 111\r\n');
  });

  it('keeps the image and the published files read-only, against its root', async () => {
    expect(await refused('mount -o remount,bind,rw /')).toMatch(/permission denied/);
    expect(await refused('mount -o remount,bind,rw /run/wheelhouse')).toMatch(/permission denied/);
    expect(await refused('touch /usr/bin/evil')).toMatch(/Read-only file system/);
    expect(await refused('echo no > /run/wheelhouse/task.txt')).toMatch(/Read-only file system/);
    expect(await lab.inside('one', 'cat /run/wheelhouse/task.txt')).toBe('read me\n');
  });

  it('has the kernel itself refuse a writable remount, not the system call filter alone', async () => {
    for (const target of ['/', '/run/wheelhouse']) {
      const result = await runCommand({
        // All capabilities of the user namespace, and no filter: more than a learner ever has.
        argv: [
          'nsenter',
          '--target',
          String(pids[0]),
          '--user',
          '--mount',
          '--',
          'mount',
          '-o',
          'remount,bind,rw',
          target,
        ],
        timeoutMs: 5000,
        accept: [0, 1, 32],
      });
      expect({ target, ...result }).toMatchObject({
        target,
        exit: 32,
        stderr: expect.stringMatching(/permission denied/),
      });
    }
  });

  it('refuses what reaches beyond a lab host', async () => {
    for (const command of [
      'unshare --user true',
      'unshare --map-root-user true',
      'mknod /tmp/disk b 8 0',
      'mount -o remount,max=4000 /dev/pts',
      'mount -t debugfs none /mnt',
      'echo c > /proc/sysrq-trigger',
      'echo "|/bin/true" > /proc/sys/kernel/core_pattern',
      'echo 1 > /proc/sys/vm/drop_caches',
      'nft list ruleset',
      'kill -9 -1; swapon /tmp/x',
    ]) {
      await refused(command);
    }
  });

  it('holds no file that anyone may write, no set-id file and no device in the image', async () => {
    const found = await lab.inside(
      'one',
      'find / -xdev \\( -perm /6000 -o -type b -o -type c -o ! -type l -perm -o+w \\)',
    );
    expect(found).toBe('');
  });

  it('ends a lab host that uses up the terminals of the machine, and no other', async () => {
    const layout = new Layout(lab);
    const watch = new PtyWatch({
      layout,
      clock: systemClock,
      logger: silentLogger,
      alarm: 100,
      allowance: 64,
    });
    expect(watch.look()).toEqual([]);
    // A devpts of the learner's own has no cap.
    const greedy = `mkdir /tmp/pts && mount -t devpts -o newinstance,ptmxmode=666 none /tmp/pts
      for i in $(seq 150); do exec {fd}<>/tmp/pts/ptmx || exit 1; done; echo full; sleep 60`;
    const pty = await lab.driver.openPty(
      'two',
      1,
      { argv: ['/bin/bash', '-c', greedy], env: {}, cols: 80, rows: 24 },
      within(),
    );
    let text = '';
    await new Promise<void>((resolve) => {
      pty.onData((bytes) => {
        text += bytes.toString();
        if (/full|such|denied|space/.test(text)) resolve();
      });
    });
    expect(text).toContain('full');
    expect(watch.look()).toEqual(['wh-two-1']);
    await new Promise((resolve) => pty.onExit(resolve));
    expect(await lab.driver.inspect('one', within())).toMatchObject({ state: 'running' });
  });
});
