import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { isRunning } from '../../src/linux/process-state.js';

/** Away from the range of the service and of other tests. */
let nextBase = 0x40000000;

async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  const end = Date.now() + 10_000;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`waited 10 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function childOf(pid: number): number | undefined {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return first ? Number(first) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What grading sees of a lab host, without a container runtime: a process 1 in its own user, net, mount and pid
 * namespaces with a tmpfs on /run. The root directory is the machine's, so nothing here may write elsewhere.
 */
export class FakeHost {
  private constructor(
    private readonly outer: ChildProcess,
    readonly initPid: number,
  ) {}

  static async start(): Promise<FakeHost> {
    const base = (nextBase += 0x10000);
    const holder = spawn('/usr/bin/unshare', ['--user', 'sleep', '60'], { stdio: 'ignore' });
    const own = readFileSync('/proc/self/uid_map', 'utf8');
    await until('the user namespace', () => {
      try {
        const theirs = readFileSync(`/proc/${holder.pid}/uid_map`, 'utf8');
        return theirs === own ? undefined : true;
      } catch {
        return undefined;
      }
    });
    for (const map of ['uid_map', 'gid_map'])
      writeFileSync(`/proc/${holder.pid}/${map}`, `0 ${base} 65536\n`);
    const script =
      'mount -t tmpfs tmpfs /run && mkdir /run/netns && ip link set lo up && echo ready && exec sleep 600';
    const unshare = [
      'unshare',
      '--net',
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      '--propagation',
      'private',
    ];
    const outer = spawn(
      '/usr/bin/nsenter',
      [`--user=/proc/${holder.pid}/ns/user`, '--', ...unshare, 'sh', '-c', script],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await new Promise<void>((resolve, reject) => {
      outer.stdout!.once('data', () => resolve());
      outer.once('exit', (code) => reject(new Error(`the fake host ended with ${code}`)));
    });
    holder.kill('SIGKILL');
    const initPid = await until('process 1', () => childOf(outer.pid!));
    return new FakeHost(outer, initPid);
  }

  /** Runs a script inside, as the learner would. */
  run(script: string): string {
    const flags = ['--user', '--net', '--mount', '--pid', `--target=${this.initPid}`];
    return execFileSync('/usr/bin/nsenter', [...flags, '--', '/bin/sh', '-c', script], { encoding: 'utf8' });
  }

  async stop(): Promise<void> {
    this.outer.kill('SIGKILL');
    await until('the end of process 1', () => (isRunning(this.initPid) ? undefined : true));
  }
}

/** The joined pair of namespaces of the course, without Open vSwitch: eth0-r in red and eth0-g in green, both up. */
export const PAIR = `
ip netns add red && ip netns add green
ip link add eth0-r type veth peer name eth0-g
ip link set eth0-r netns red && ip link set eth0-g netns green
ip -n red link set eth0-r up && ip -n green link set eth0-g up
ip -n red addr add 10.0.0.1/24 dev eth0-r && ip -n green addr add 10.0.0.2/24 dev eth0-g
`;
