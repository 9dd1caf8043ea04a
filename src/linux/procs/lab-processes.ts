import { closeSync, readFileSync } from 'node:fs';
import type { HostHandle } from '../netns/host-handle.js';
import { openProcFolder } from '../netns/open-inside.js';
import { groupFolder, groupOf } from './cgroup-paths.js';
import { nsPids, orGone, procLink, readProcess, type RawProcess } from './process-facts.js';

/** What the processes of a lab host are compared with. */
export interface LabHostFacts {
  /** Process 1. */
  init: RawProcess;
  /** Group of the lab host itself; of the hierarchy of memory, in which no learner is given a part. */
  group: string;
  /** Link of its user namespace. */
  userNs: string;
  /** Pid namespaces above the lab host's, as seen from here. */
  depth: number;
}

/** Throws when process 1 is gone. */
export function hostFacts(host: HostHandle): LabHostFacts {
  const depth = nsPids(host.proc).length - 1;
  const init = readProcess(host.proc, depth);
  const group = groupOf(init.groups, 'memory');
  if (group === undefined) throw new Error('the lab host is in no control group');
  return { init, group, depth, userNs: procLink(host.proc, 'ns/user') };
}

/** Pids, on the machine, of the processes of a lab host: none can leave its group. */
export function pidsOf({ group }: LabHostFacts): number[] {
  const folder = groupFolder('memory', group);
  const text =
    folder === undefined ? '' : (orGone(() => readFileSync(`${folder}/cgroup.procs`, 'utf8')) ?? '');
  return text
    .split('\n')
    .filter((line) => line !== '' && line !== '0')
    .map(Number);
}

/**
 * Calls `use` with one process and its open /proc folder, which is closed afterwards; undefined when it has ended, or
 * when its user namespace says that the pid was used again by a process of somebody else.
 */
export function withProcess<T>(
  pid: number,
  { userNs, depth, init }: LabHostFacts,
  use: (process: RawProcess, folder: number) => T,
): T | undefined {
  const folder = orGone(() => openProcFolder(pid));
  if (folder === undefined) return undefined;
  try {
    const found = orGone(() =>
      procLink(folder, 'ns/user') === userNs ? readProcess(folder, depth, init) : undefined,
    );
    return found && use(found, folder);
  } finally {
    closeSync(folder);
  }
}
