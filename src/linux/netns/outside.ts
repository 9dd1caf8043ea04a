import { closeSync, existsSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { cgroupFolders, processesIn } from '../cgroup.js';
import { runCommand } from '../exec/command.js';
import { commandLine } from '../process-state.js';
import { processStart } from '../process-start.js';
import { machinePath } from './machine-path.js';
import { OUTSIDE } from './outside-net.js';
import { OUTSIDE_SERVER, START_IN_GROUPS } from './outside-server.js';

const MARK = 'wheelhouse-outside';
const NOBODY = 65_534;
const CAPS = '-all,+net_bind_service';

/** The server of an `outside`; its network namespace has no other holder, and ends with it. */
export interface OutsideProcess {
  pid: number;
  /** Clock ticks since boot. */
  start: number;
}

/**
 * The `outside` of a lab host, by the lab host's control group; undefined where there is none. Whoever is in the group
 * may call itself as it likes, but nobody of the lab host is in our user namespace.
 */
export function findOutside(group: string): OutsideProcess | undefined {
  const own = readlinkSync('/proc/self/ns/user');
  const found = processesIn(group).flatMap((pid) => {
    const argv = commandLine(pid);
    if (argv?.[0] !== machinePath('perl') || argv[2] !== OUTSIDE_SERVER || !argv.includes(MARK)) return [];
    const start = processStart(pid);
    return start === undefined || userNsOf(pid) !== own ? [] : [{ pid, start }];
  });
  return found.toSorted((a, b) => a.start - b.start || a.pid - b.pid)[0];
}

function userNsOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`);
  } catch {
    return undefined;
  }
}

/** Its network namespace as a descriptor, which the caller closes; undefined when it has ended. */
export function openOutside({ pid, start }: OutsideProcess): number | undefined {
  let fd: number;
  try {
    fd = openSync(`/proc/${pid}/ns/net`, 'r');
  } catch {
    return undefined;
  }
  // The pid may have become another's before it was opened.
  if (processStart(pid) === start) return fd;
  closeSync(fd);
  return undefined;
}

/**
 * Whether its interface is there and up, which it is last of all; by its route. It goes when the other end, which is the
 * learner's, is deleted.
 */
export function isJoined({ pid }: OutsideProcess): boolean {
  try {
    return new RegExp(`^${OUTSIDE.ifname}\\s`, 'm').test(readFileSync(`/proc/${pid}/net/route`, 'utf8'));
  } catch {
    return false;
  }
}

/** The control group of a process, such as `/wheelhouse/<install>/<name>`, by an open /proc folder of it. */
export function groupOf(procFolder: string): string | undefined {
  const lines = readFileSync(`${procFolder}/cgroup`, 'utf8').split('\n');
  const groups = lines.map((line) => line.split(':').slice(2).join(':'));
  // A process may be in a group below, where the lab host may make some.
  return groups
    .map((group) => /^.*\/wh-[a-z0-9-]+(?=\/|$)/.exec(group)?.[0])
    .find((group) => group !== undefined);
}

/**
 * Starts one in a network namespace of its own, whose only way out is the interface that it will be given: no route, no
 * other interface, no rights. Resolves once it answers; rejects with CommandError, also when the group is gone.
 */
export async function startOutside(o: { group: string; name: string; signal: AbortSignal }): Promise<void> {
  const folders = cgroupFolders(o.group).filter((folder) => existsSync(folder));
  if (folders.length === 0) throw new Error(`there is no control group ${o.group}`);
  const perl = machinePath('perl');
  await runCommand({
    argv: [
      perl,
      ...['-e', START_IN_GROUPS, ...folders, '--'],
      ...[machinePath('unshare'), '--net', '--'],
      ...[
        machinePath('setpriv'),
        '--no-new-privs',
        `--reuid=${NOBODY}`,
        `--regid=${NOBODY}`,
        '--clear-groups',
      ],
      ...[`--inh-caps=${CAPS}`, `--ambient-caps=${CAPS}`, `--bounding-set=${CAPS}`, '--'],
      ...[perl, '-e', OUTSIDE_SERVER, String(OUTSIDE.httpPort), MARK, o.name],
    ],
    timeoutMs: 5000,
    signal: o.signal,
  });
}
