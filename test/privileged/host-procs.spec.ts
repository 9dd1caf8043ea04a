import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Observation } from '../../src/grading/observation.js';
import { HostProber } from '../../src/grading/probes/host-prober.js';
import { delegatedFolder } from '../../src/drivers/oci/delegated.js';
import { HostHandle } from '../../src/linux/netns/host-handle.js';
import { SandboxNetwork } from '../../src/linux/netns/sandbox-network.js';
import { isRunning } from '../../src/linux/process-state.js';
import type { Pty } from '../../src/terminal/pty/pty.js';
import { describeWith } from '../support/capability.js';
import { makeOciLab, provision, within, type OciLab } from '../support/lab-host.js';

interface Process {
  hostname: string | null;
  nsPid: number[];
  own: Record<'pid' | 'mnt' | 'uts' | 'net', boolean>;
  rootIs: 'lab' | 'other';
  procMounted: boolean;
  cgroup: { own: boolean; pidsMax: number | null; memoryMax: number | null };
  comm: string;
}

/** A shell on a terminal that stays until it is told to go. */
class Shell {
  private text = '';
  private wake: () => void = () => undefined;

  constructor(private readonly pty: Pty) {
    pty.onData((bytes) => {
      this.text += bytes.toString();
      this.wake();
    });
  }

  /** Types a line and waits until it was run; the mark is written so that its echo is not taken for it. */
  async line(text: string): Promise<void> {
    const mark = `done-${this.text.length}`;
    this.pty.write(Buffer.from(`${text}\necho do''ne-${this.text.length}\n`));
    while (!this.text.includes(`${mark}\r\n`)) await new Promise<void>((resolve) => (this.wake = resolve));
  }

  /** The shell ends, and whatever it still runs with it. */
  async leave(): Promise<void> {
    const gone = new Promise((resolve) => this.pty.onExit(resolve));
    this.pty.write(Buffer.from('kill -9 $(jobs -p) 2>/dev/null; exit\n'));
    await gone;
  }
}

describeWith(['root', 'runc'], 'the processes of a lab host, as the machine sees them', () => {
  let lab: OciLab;
  const probers: HostProber[] = [];

  beforeAll(async () => {
    lab = makeOciLab();
    for (const [slot, id] of ['one', 'two'].entries()) {
      const facts = await provision(lab.driver, id, { slot, requires: ['nested-proc', 'cgroup'] });
      const handle = HostHandle.open(Number(facts['initPid']));
      probers.push(
        new HostProber({ handle, network: new SandboxNetwork(handle, { now: () => performance.now() }) }),
      );
    }
  });

  afterAll(async () => {
    for (const prober of probers) prober.close();
    await lab.remove();
  });

  const observe = async (params: object = {}, prober = probers[0]!): Promise<Observation> => {
    const { procs } = await prober.look({ procs: { probe: 'host.procs', params } });
    return procs!;
  };
  const processes = async (params?: object, prober?: HostProber): Promise<Process[]> => {
    const { value, fault } = await observe(params, prober);
    expect(fault).toBeNull();
    return value as unknown as Process[];
  };
  const named = async (comm: string): Promise<Process | undefined> =>
    (await processes()).find((process) => process.comm === comm);

  /** A process changes its name once it has made all that was to come before. */
  async function untilNamed(comm: string, ownPid: boolean): Promise<Process> {
    for (;;) {
      const found = (await processes()).find((p) => p.comm === comm && p.own.pid === ownPid);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function shell(): Promise<Shell> {
    const argv = ['/bin/bash', '--norc'];
    return new Shell(await lab.driver.openPty('one', 1, { argv, env: {}, cols: 80, rows: 24 }, within()));
  }

  it('are its process 1 and what the learner runs, with nothing of the machine in them', async () => {
    const idle = await processes({}, probers[1]);
    expect(idle).toEqual([
      {
        hostname: 'lab',
        nsPid: [1],
        own: { pid: false, mnt: false, uts: false, net: false },
        rootIs: 'lab',
        procMounted: true,
        cgroup: { own: false, pidsMax: 256, memoryMax: 256 << 20 },
        comm: 'init',
      },
    ]);
  });

  it('show a container that is made step by step: hostname, PID 1, limit, root and /proc', async () => {
    const terminal = await shell();
    await terminal.line('printf box > /proc/self/comm; unshare --uts bash --norc');
    await terminal.line('hostname box-7; printf step1 > /proc/self/comm');
    expect(await named('step1')).toMatchObject({
      hostname: 'box-7',
      own: { uts: true, pid: false, mnt: false, net: false },
    });

    await terminal.line('unshare --pid --fork bash --norc');
    await terminal.line('echo 20 > /run/cgroup/pids.max; echo 0 > /run/cgroup/cgroup.procs');
    await terminal.line(
      'echo step2 > /proc/$(grep -l "^NSpid.*\\s1$" /proc/[0-9]*/status | tail -1 | cut -d/ -f3)/comm',
    );
    const first = (await processes({ inNs: 'pid' })).find(({ nsPid }) => nsPid.at(-1) === 1)!;
    expect(first).toMatchObject({
      own: { pid: true, uts: true, mnt: false },
      // The /proc that it sees is the lab host's.
      procMounted: false,
      rootIs: 'lab',
      cgroup: { own: true, pidsMax: 20, memoryMax: 256 << 20 },
    });
    expect(first.nsPid).toHaveLength(2);

    await terminal.line('unshare --mount bash --norc');
    await terminal.line(
      'mkdir -p ~/box/usr ~/box/proc; cd ~/box; ln -s usr/bin bin; ln -s usr/lib lib; ln -s usr/lib64 lib64',
    );
    await terminal.line('mount --bind /usr usr; exec chroot . /bin/bash --norc');
    const inside = async () => (await processes({ inNs: 'mnt' })).find(({ rootIs }) => rootIs === 'other');
    expect(await inside()).toMatchObject({ own: { mnt: true, pid: true, uts: true }, procMounted: false });
    await terminal.line('mount -t proc proc /proc');
    expect(await inside()).toMatchObject({ procMounted: true, hostname: 'box-7', cgroup: { pidsMax: 20 } });
    // The rest of the lab host is as it was, and so is the neighbour.
    expect((await processes()).filter(({ own }) => !own.uts).every((p) => p.hostname === 'lab')).toBe(true);
    expect(await processes({}, probers[1])).toHaveLength(1);
    expect(probers[0]!.host.names.size).toBe(2);
    await terminal.line('exit');
    await terminal.line('exit');
    await terminal.line('exit');
    await terminal.leave();
    expect(await processes({ inNs: 'uts' })).toEqual([]);
  });

  it('take no other file system for a /proc, nor a part of one that was put there', async () => {
    const script = `
      mount -t tmpfs t /proc && mkdir -p /proc/1/ns && ln -s "pid:[1]" /proc/1/ns/pid && exec sleep 1000`;
    const terminal = await shell();
    await terminal.line(`unshare --pid --mount --fork bash -c '${script}' &`);
    const fake = await untilNamed('sleep', true);
    expect(fake).toMatchObject({ nsPid: [expect.any(Number), 1], own: { pid: true }, procMounted: false });
    await terminal.leave();
  });

  it('are in no other root where the lab host’s own is only mounted once more', async () => {
    const terminal = await shell();
    const script = 'mkdir -p ~/again && mount --bind / ~/again && exec chroot ~/again /bin/sleep 1000';
    await terminal.line(`unshare --mount bash -c '${script}' &`);
    expect(await untilNamed('sleep', false)).toMatchObject({ own: { mnt: true }, rootIs: 'lab' });
    await terminal.leave();
  });

  it('keep a name of control characters inert', async () => {
    const terminal = await shell();
    await terminal.line(String.raw`printf 'x\033y' > /proc/$$/comm`);
    expect((await processes()).map(({ comm }) => comm)).toContain('x\uFFFDy');
    await terminal.leave();
  });

  it('are read within the deadline while many come and go', async () => {
    const terminal = await shell();
    await terminal.line(
      '(while :; do for i in $(seq 60); do (exit) & done; wait; done) 2>/dev/null & sleep 0.1',
    );
    for (let i = 0; i < 20; i++) {
      const started = performance.now();
      expect((await observe()).fault).toBeNull();
      expect(performance.now() - started).toBeLessThan(2000);
    }
    await terminal.leave();
  });

  it('cannot be put out of sight by moving process 1 into the group that was handed over', async () => {
    await lab.inside('one', 'echo 1 > /run/cgroup/cgroup.procs; sleep 1000 >/dev/null 2>&1 &');
    const found = await processes();
    expect(found.find(({ nsPid }) => nsPid.at(-1) === 1 && nsPid.length === 1)).toMatchObject({
      cgroup: { own: true },
    });
    expect(found.some(({ comm }) => comm === 'sleep')).toBe(true);
    await lab.inside('one', 'pkill sleep');
  });

  it('keep the limits of the lab host, whatever is set in the group that was handed over', async () => {
    const refused = async (command: string) =>
      (await lab.driver.exec('one', 1, ['/bin/bash', '-c', command], within())).exit;
    expect(await refused('mkdir /run/cgroup/more')).not.toBe(0);
    expect(await refused('echo 1 > /run/cgroup/notify_on_release')).not.toBe(0);
    const sleeps = 'for i in $(seq 20); do sleep 30 & done >/dev/null 2>&1';
    await lab.inside('one', `echo max > /run/cgroup/pids.max; echo 0 > /run/cgroup/cgroup.procs; ${sleeps}`);
    // Counted in the group of the lab host as well, whose limit is the machine's to set.
    const group = path.dirname(delegatedFolder(`/wheelhouse/${lab.installId}/wh-one-1`)!);
    const number = (file: string) => Number(readFileSync(path.join(group, file), 'utf8'));
    expect(number('pids.max')).toBe(256);
    expect(number('pids.current')).toBeGreaterThanOrEqual(21);
    await lab.inside('one', 'pkill sleep');
  });

  it('are nobody’s any more, and our fault, when the lab host has ended; no reader and no group stays', async () => {
    await processes();
    const { initPid } = probers[0]!.host.handle;
    await lab.driver.destroy('one', within());
    expect(isRunning(initPid)).toBe(false);
    expect((await observe()).fault).toMatchObject({ cause: 'platform' });
    const group = delegatedFolder(`/wheelhouse/${lab.installId}/wh-one-1`);
    expect(existsSync(group!)).toBe(false);
  });

  it('ends its readers at rest', () => {
    probers[1]!.rest();
    expect(probers[1]!.host.names.size).toBe(0);
  });
});
