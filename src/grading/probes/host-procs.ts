import { setImmediate as nextTurn } from 'node:timers/promises';
import { limitsOf, type GroupLimits } from '../../linux/procs/group-limits.js';
import { groupOf } from '../../linux/procs/cgroup-paths.js';
import { hostFacts, pidsOf, withProcess, type LabHostFacts } from '../../linux/procs/lab-processes.js';
import { NAMESPACES, type RawProcess } from '../../linux/procs/process-facts.js';
import type { UtsNames } from '../../linux/procs/uts-names.js';
import type { HostHandle } from '../../linux/netns/host-handle.js';
import { printable, type JsonObject } from '../json.js';
import { faulted, seen, type Observation } from '../observation.js';
import type { HostProcsParams } from './procs-params.js';

const MAX_PROCESSES = 512;
const TIME_MS = 2000;
/** Processes read at a stretch, a few milliseconds. */
const STRETCH = 32;

/**
 * Processes of the lab host as the machine's own /proc shows them, by pid: `{hostname, nsPid, own, rootIs, procMounted,
 * cgroup, comm}`. Those that end meanwhile are left out. `comm` is a name that a process gives itself.
 */
export async function hostProcs(
  host: { handle: HostHandle; names: UtsNames },
  { inNs }: HostProcsParams,
): Promise<Observation> {
  const until = performance.now() + TIME_MS;
  const facts = hostFacts(host.handle);
  const names = new Map<string, Promise<string | undefined>>();
  const found: RawProcess[] = [];
  for (const [index, pid] of pidsOf(facts).slice(0, MAX_PROCESSES).entries()) {
    if (index % STRETCH === STRETCH - 1) await nextTurn();
    if (performance.now() > until)
      return faulted('tenant', 'timeout', 'reading the processes takes too long');
    withProcess(pid, facts, (process, folder) => {
      if (inNs !== undefined && process.ns[inNs] === facts.init.ns[inNs]) return;
      found.push(process);
      const { uts } = process.ns;
      if (!names.has(uts)) names.set(uts, host.names.read(uts, folder));
    });
  }
  const read = await readAll(names);
  host.names.keep(new Set(names.keys()));
  found.sort((a, b) => (a.nsPid[0] ?? 0) - (b.nsPid[0] ?? 0));
  // Most are in the same group.
  const limits = new Map<string, GroupLimits>();
  for (const { groups } of found) if (!limits.has(groups)) limits.set(groups, limitsOf(groups));
  return seen(
    found.map((process) => ({
      hostname: printableOrNull(read.get(process.ns.uts)),
      ...factsOf(process, facts, limits.get(process.groups)!),
    })),
  );
}

const printableOrNull = (name: string | undefined): string | null =>
  name === undefined ? null : printable(name);

async function readAll(
  names: Map<string, Promise<string | undefined>>,
): Promise<Map<string, string | undefined>> {
  const settled = await Promise.allSettled(names.values());
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return new Map(await Promise.all([...names].map(async ([uts, name]) => [uts, await name] as const)));
}

function factsOf(process: RawProcess, { init, group }: LabHostFacts, limits: GroupLimits): JsonObject {
  const { nsPid, ns, root, procMounted, groups, comm } = process;
  const own = ['pids', 'memory'].some((controller) => groupOf(groups, controller) !== group);
  return {
    nsPid,
    own: Object.fromEntries(NAMESPACES.map((kind) => [kind, ns[kind] !== init.ns[kind]])),
    rootIs: root === init.root ? 'lab' : 'other',
    procMounted,
    cgroup: { own, ...limits },
    comm: printable(comm),
  };
}
