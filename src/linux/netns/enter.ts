import { machinePath } from './machine-path.js';

/** Positions in `extraFds`: the child gets them as descriptors 3 and 4. */
export interface EntryFds {
  netns: number;
  userNs: number;
}

const CAPS = ['net_admin', 'net_raw'];
/** An id of the lab host's range that owns nothing; `tcpdump` also insists on changing user when it runs as root. */
const NOBODY = 65_534;

/**
 * The command that runs a program of the machine inside a namespace of a lab host. In two steps, because one `nsenter`
 * with both would enter the network namespace first, with the machine's own rights, and accept any namespace; so the
 * kernel refuses one that the lab host does not own. The mount namespace stays ours: no file of the learner is run.
 */
export function enterArgv(program: string, args: readonly string[], more: readonly string[] = []): string[] {
  const caps = ['-all', ...[...CAPS, ...more].map((cap) => `+${cap}`)].join(',');
  const nsenter = machinePath('nsenter');
  return [
    nsenter,
    '--user=/proc/self/fd/4',
    '--',
    nsenter,
    '--net=/proc/self/fd/3',
    '--',
    machinePath('setpriv'),
    '--no-new-privs',
    `--reuid=${NOBODY}`,
    `--regid=${NOBODY}`,
    '--clear-groups',
    `--inh-caps=${caps}`,
    `--ambient-caps=${caps}`,
    `--bounding-set=${caps}`,
    '--',
    // A helper that reads nothing from us would outlive a killed service, and hold the namespace with it. By itself, as
    // the kernel forgets the wish when the process changes its capabilities.
    machinePath('setpriv'),
    '--pdeathsig=KILL',
    '--',
    machinePath(program),
    ...args,
  ];
}

export function entryFds(fds: EntryFds): number[] {
  return [fds.netns, fds.userNs];
}

/** How a program of the machine is run in one network namespace. */
export interface NetnsEntry {
  /** `more` names capabilities beside the usual two. */
  argv(program: string, args: readonly string[], more?: readonly string[]): string[];
  /** Descriptors that the child needs as 3, 4, … */
  fds: number[];
}

export function labHostEntry(fds: EntryFds): NetnsEntry {
  return { argv: enterArgv, fds: entryFds(fds) };
}

/** For a namespace of the machine's own user namespace: entered with the machine's rights, which end there. */
export function machineEntry(netns: number): NetnsEntry {
  return { argv: enterOwnArgv, fds: [netns] };
}

function enterOwnArgv(program: string, args: readonly string[]): string[] {
  return [
    machinePath('nsenter'),
    '--net=/proc/self/fd/3',
    '--',
    machinePath('setpriv'),
    '--no-new-privs',
    `--reuid=${NOBODY}`,
    `--regid=${NOBODY}`,
    '--clear-groups',
    '--inh-caps=-all',
    '--ambient-caps=-all',
    '--bounding-set=-all',
    '--pdeathsig=KILL',
    '--',
    machinePath(program),
    ...args,
  ];
}

/** Whether nsenter's complaint means that the kernel refused the namespace, rather than a fault of ours. */
export function isRefusal(stderr: string): boolean {
  return /reassociate to namespace .* failed: (Operation not permitted|Invalid argument)/.test(stderr);
}
