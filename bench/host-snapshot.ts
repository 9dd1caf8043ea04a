import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** One installation; without a scope, all of Wheelhouse on this machine. */
export interface SnapshotScope {
  stateDir: string;
  installId: string;
  uidBase: number;
  /** How many lab hosts may have ids from there on; all that there can be by default. */
  slots?: number;
  /** Pid of the service; its descriptors, too, may keep namespaces alive. */
  servicePid?: number;
}

export interface HostSnapshot {
  /** Processes with an id of a lab host or in a cgroup of ours, and runtimes at work: `pid command`. */
  processes: string[];
  /** Namespaces that those processes, or descriptors of this process, keep alive. */
  namespaces: string[];
  /** Mounts in our folder below /run. */
  mounts: string[];
  /** Groups below ours, in every hierarchy. */
  cgroups: string[];
  /** Network links of the machine with our prefixes. */
  links: string[];
  /** Bundles and runtime records. */
  folders: string[];
}

const IDS_PER_HOST = 65536;
const MAX_SLOTS = 8192;
/** Ids from here on belong to containers: no distribution gives them to people. */
const FIRST_CONTAINER_ID = 0x10000000;
const RUN = '/run/wheelhouse/';

interface Scope {
  firstId: number;
  lastId: number;
  /** Folder below /run and cgroup of one installation, or of all. */
  suffix: string;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function link(file: string): string[] {
  try {
    return [readlinkSync(file)];
  } catch {
    return [];
  }
}

function isOurs(pid: string, scope: Scope): boolean {
  const status = read(`/proc/${pid}/status`);
  if (/^State:\s+[ZX]/m.test(status)) return false;
  const group = read(`/proc/${pid}/cgroup`);
  if (group.includes(`:/wheelhouse/${scope.suffix}`)) return true;
  const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? -1);
  // Installations of tests may share a range of ids; one that has left its group would be anybody's.
  if (uid >= scope.firstId && uid < scope.lastId && !group.includes(':/wheelhouse/')) return true;
  return read(`/proc/${pid}/cmdline`).includes(`${RUN}${scope.suffix}`);
}

function namespacesOf(pids: string[], holders: string[]): string[] {
  const held = holders
    .flatMap((pid) => list(`/proc/${pid}/fd`).flatMap((fd) => link(`/proc/${pid}/fd/${fd}`)))
    .filter((target) => /^(net|user|mnt|pid):\[/.test(target));
  const lived = pids.flatMap((pid) => ['net', 'user'].flatMap((kind) => link(`/proc/${pid}/ns/${kind}`)));
  const own = ['net', 'user'].flatMap((kind) => link(`/proc/self/ns/${kind}`));
  return [...new Set([...held, ...lived])].filter((target) => !own.includes(target));
}

function foldersBelow(folder: string): string[] {
  return list(folder)
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isDirectory())
    .flatMap((file) => [file, ...foldersBelow(file)]);
}

function cgroupRoots(): string[] {
  const mounts = read('/proc/self/mountinfo').split('\n');
  return mounts.filter((line) => / - cgroup2? /.test(line)).map((line) => line.split(' ')[4] ?? '');
}

/** Bundles, by their view, and records of the runtime. */
function foldersOf(installs: string[]): string[] {
  return installs.flatMap((id) => [
    ...list(path.join(RUN, id, 'runtime')).map((name) => `record ${name}`),
    ...list(path.join(RUN, id, 'views/hosts'))
      // Device nodes and tools are the installation's, not a lab host's.
      .filter((name) => !name.startsWith('.'))
      .map((name) => `bundle ${name}`),
  ]);
}

/** The aliases of links say whose they are; bridges have none, so for one installation they do not count. */
function isLinkOf(name: string, one: SnapshotScope | undefined): boolean {
  if (!one) return true;
  return read(`/sys/class/net/${name}/ifalias`).startsWith(`wheelhouse.install=${one.installId} `);
}

const sorted = (values: string[]): string[] => values.toSorted((a, b) => a.localeCompare(b));

/** What the machine holds of Wheelhouse now. Equal before and after means that nothing leaked. */
export function hostSnapshot(one?: SnapshotScope): HostSnapshot {
  const scope: Scope = one
    ? {
        firstId: one.uidBase,
        lastId: one.uidBase + (one.slots ?? MAX_SLOTS) * IDS_PER_HOST,
        suffix: `${one.installId}/`,
      }
    : { firstId: FIRST_CONTAINER_ID, lastId: 2 ** 32, suffix: '' };
  const pids = list('/proc').filter((name) => /^\d+$/.test(name) && isOurs(name, scope));
  const mounts = read('/proc/self/mountinfo')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((target) => target.startsWith(`${RUN}${scope.suffix}`));
  const holders = ['self', ...(one?.servicePid === undefined ? [] : [String(one.servicePid)])];
  const command = (pid: string): string => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
  return {
    processes: sorted(pids.map((pid) => `${pid} ${command(pid)}`)),
    namespaces: sorted(namespacesOf(pids, holders)),
    mounts: sorted(mounts),
    cgroups: sorted(
      cgroupRoots().flatMap((root) => foldersBelow(path.join(root, 'wheelhouse', scope.suffix))),
    ),
    links: sorted(list('/sys/class/net').filter((name) => /^wh[vb]/.test(name) && isLinkOf(name, one))),
    folders: sorted(foldersOf(one ? [one.installId] : list(RUN))),
  };
}

/** What is in one snapshot alone, a line each: `+` for what came, `-` for what went. */
export function snapshotChanges(before: HostSnapshot, after: HostSnapshot): string[] {
  const flat = (snapshot: HostSnapshot): string[] =>
    Object.entries(snapshot).flatMap(([kind, values]: [string, string[]]) =>
      values.map((value) => `${kind}: ${value}`),
    );
  const [old, now] = [flat(before), flat(after)];
  return [
    ...now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
    ...old.filter((line) => !now.includes(line)).map((line) => `- ${line}`),
  ];
}

/** Not by identity of prototypes: in Jest, arrays made by Node's own modules are of another realm. */
function canonical(snapshot: HostSnapshot): string {
  return JSON.stringify(Object.entries(snapshot).toSorted(([a], [b]) => a.localeCompare(b)));
}

/**
 * The snapshot once it equals `wanted`, else the last one taken: the kernel ends namespaces and reaps processes in its
 * own time and tells nobody.
 */
export async function settledSnapshot(
  scope: SnapshotScope | undefined,
  wanted: HostSnapshot,
  ms = 10_000,
): Promise<HostSnapshot> {
  for (const end = performance.now() + ms; ; await pause(20)) {
    const seen = hostSnapshot(scope);
    if (canonical(seen) === canonical(wanted) || performance.now() > end) return seen;
  }
}

/** The snapshot once nothing has changed for a fifth of a second (10 s at most). */
export async function takeSnapshot(scope?: SnapshotScope): Promise<HostSnapshot> {
  let last = hostSnapshot(scope);
  let same = 0;
  for (const end = performance.now() + 10_000; same < 5 && performance.now() < end;) {
    await pause(40);
    const seen = hostSnapshot(scope);
    same = canonical(seen) === canonical(last) ? same + 1 : 0;
    last = seen;
  }
  return last;
}
