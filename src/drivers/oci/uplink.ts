import { closeSync } from 'node:fs';
import { runCommand } from '../../linux/exec/command.js';
import { enterArgv, entryFds } from '../../linux/netns/enter.js';
import type { HostHandle } from '../../linux/netns/host-handle.js';
import { machinePath } from '../../linux/netns/machine-path.js';
import { OUTSIDE, UPLINK } from '../../linux/netns/outside-net.js';
import { findOutside, isJoined, openOutside, startOutside } from '../../linux/netns/outside.js';
import { DriverError } from '../driver-error.js';
import type { Layout } from './layout.js';
import { openHost } from './open-host.js';

const IP_MS = 5000;

/**
 * The uplink of a lab host: `uplink0`, whose other end is in a network namespace of the machine's own that a small web
 * server holds and nothing else. The server is in the lab host's control group, so whatever ends the lab host ends it,
 * the namespace and both ends, and nothing has to be remembered. Neither end is ever an interface of the machine.
 */
export async function giveUplink(layout: Layout, name: string, signal: AbortSignal): Promise<void> {
  const host = openHost(layout, name);
  try {
    const group = layout.cgroup(name);
    if (!findOutside(group)) await startOutside({ group, name, signal });
    const outside = findOutside(group);
    const netns = outside && openOutside(outside);
    if (!outside || netns === undefined)
      throw new DriverError('command_failed', `${name}: what is behind its uplink has ended`);
    try {
      if (!isJoined(outside)) await join({ host, netns, signal });
    } finally {
      closeSync(netns);
    }
  } finally {
    host.close();
  }
}

/** Success on nothing. The namespace and the uplink go with the process. */
export function removeUplink(layout: Layout, name: string): void {
  const outside = findOutside(layout.cgroup(name));
  if (!outside) return;
  try {
    process.kill(outside.pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

interface Ends {
  host: HostHandle;
  netns: number;
  signal: AbortSignal;
}

/** Both ends at once, each in its place; ours goes up last, and by that a whole pair is known. */
async function join(ends: Ends): Promise<void> {
  const ours = [
    `link add name ${OUTSIDE.ifname} type veth peer name ${UPLINK.ifname} netns /proc/self/fd/4`,
    `link set dev ${OUTSIDE.ifname} addrgenmode none`,
    `address add ${OUTSIDE.address}/${UPLINK.prefix} broadcast + dev ${OUTSIDE.ifname}`,
    'link set dev lo up',
  ];
  const theirs = [
    `link set dev ${UPLINK.ifname} addrgenmode none`,
    `address add ${UPLINK.address}/${UPLINK.prefix} broadcast + dev ${UPLINK.ifname}`,
    `link set dev ${UPLINK.ifname} up`,
  ];
  let made = await ipOutside(ends, ours);
  if (/File exists/.test(made.stderr)) {
    // Half a pair of a start that was killed, or something else of the learner's that has the name inside.
    await ipOutside(ends, [`link delete dev ${OUTSIDE.ifname}`]);
    await ipInside(ends, [`link delete dev ${UPLINK.ifname}`]);
    made = await ipOutside(ends, ours);
  }
  must(made);
  must(await ipInside(ends, theirs));
  must(await ipOutside(ends, [`link set dev ${OUTSIDE.ifname} up`]));
}

function must({ exit, stderr }: { exit: number; stderr: string }): void {
  if (exit !== 0) throw new DriverError('command_failed', `${UPLINK.ifname}: ${stderr.trim()}`);
}

/** With the machine's rights, in the namespace that is ours; descriptor 4 is the lab host's. */
function ipOutside({ host, netns, signal }: Ends, lines: string[]) {
  const argv = [machinePath('nsenter'), '--net=/proc/self/fd/3', '--', machinePath('ip'), '-batch', '-'];
  return ip({ argv, fds: [netns, host.mainNetns], lines, signal });
}

/** In the lab host's own network namespace, with no more rights than it has. */
function ipInside({ host, signal }: Ends, lines: string[]) {
  const fds = entryFds({ netns: host.mainNetns, userNs: host.userNs });
  return ip({ argv: enterArgv('ip', ['-batch', '-']), fds, lines, signal });
}

function ip(o: { argv: string[]; fds: number[]; lines: string[]; signal: AbortSignal }) {
  return runCommand({
    argv: o.argv,
    extraFds: o.fds,
    env: { LC_ALL: 'C' },
    input: `${o.lines.join('\n')}\n`,
    timeoutMs: IP_MS,
    signal: o.signal,
    accept: [0, 1],
  });
}
