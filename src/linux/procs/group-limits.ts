import { readFileSync } from 'node:fs';
import { groupFolder, groupOf } from './cgroup-paths.js';

export interface GroupLimits {
  /** Processes; null = no limit of this group's own. */
  pidsMax: number | null;
  /** Bytes. */
  memoryMax: number | null;
}

/** v1 has no word for "no limit", but a number that no machine has. */
const UNLIMITED = 2 ** 60;

/** Limits of the groups that the text of a process's `cgroup` file names; null also where a group has just gone. */
export function limitsOf(groups: string): GroupLimits {
  return {
    pidsMax: limit(groups, 'pids', ['pids.max']),
    memoryMax: limit(groups, 'memory', ['memory.max', 'memory.limit_in_bytes']),
  };
}

function limit(groups: string, controller: string, names: string[]): number | null {
  const group = groupOf(groups, controller);
  const folder = group === undefined ? undefined : groupFolder(controller, group);
  for (const name of folder === undefined ? [] : names) {
    try {
      const value = Number(readFileSync(`${folder}/${name}`, 'utf8'));
      return Number.isFinite(value) && value < UNLIMITED ? value : null;
    } catch {
      // Under its other name, or gone.
    }
  }
  return null;
}
