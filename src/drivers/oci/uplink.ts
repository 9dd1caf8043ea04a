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
  const create = `link add name ${OUTSIDE.ifname} type veth peer name ${UPLINK.ifname} netns /proc/self/fd/4\n`;
  const inside = (args: string[], input?: string) => ipInside(ends, args, input);
  // Left by a start that was killed.
  await ipOutside(ends, `link delete dev ${OUTSIDE.ifname}\n`);
  let made = await ipOutside(ends, create);
  if (/File exists/.test(made.stderr)) {
    // Something else of the learner's has that name inside.
    await inside(['link', 'delete', 'dev', UPLINK.ifname]);
    made = await ipOutside(ends, create);
  }
  const theirs = [
    `link set dev ${UPLINK.ifname} addrgenmode none`,
    `address add ${UPLINK.address}/${UPLINK.prefix} broadcast + dev ${UPLINK.ifname}`,
    `link set dev ${UPLINK.ifname} up`,
  ];
  const ours = [
    `link set dev ${OUTSIDE.ifname} addrgenmode none`,
    `address add ${OUTSIDE.address}/${UPLINK.prefix} broadcast + dev ${OUTSIDE.ifname}`,
    'link set dev lo up',
    `link set dev ${OUTSIDE.ifname} up`,
  ];
  const failed = (step: { exit: number; stderr: string }): void => {
    if (step.exit !== 0) throw new DriverError('command_failed', `${UPLINK.ifname}: ${step.stderr.trim()}`);
  };
  failed(made);
  failed(await inside(['-batch', '-'], `${theirs.join('\n')}\n`));
  failed(await ipOutside(ends, `${ours.join('\n')}\n`));
}

/** With the machine's rights, in the namespace that is ours; descriptor 4 is the lab host's. */
function ipOutside({ host, netns, signal }: Ends, input: string) {
  return runCommand({
    argv: [machinePath('nsenter'), '--net=/proc/self/fd/3', '--', machinePath('ip'), '-batch', '-'],
    extraFds: [netns, host.mainNetns],
    env: { LC_ALL: 'C' },
    input,
    timeoutMs: IP_MS,
    signal,
    accept: [0, 1],
  });
}

/** `ip` of the machine in the lab host's own network namespace. */
function ipInside({ host, signal }: Ends, args: string[], input?: string) {
  return runCommand({
    argv: enterArgv('ip', args),
    extraFds: entryFds({ netns: host.mainNetns, userNs: host.userNs }),
    env: { LC_ALL: 'C' },
    ...(input === undefined ? {} : { input }),
    timeoutMs: IP_MS,
    signal,
    accept: [0, 1],
  });
}
