import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { cgroupRoots } from './cgroup-mounts.js';

/** Folders of `group` (such as `/wheelhouse/x/y`) in every cgroup hierarchy of this machine, existing or not. */
export function cgroupFolders(group: string): string[] {
  return cgroupRoots().map((root) => path.join(root, group));
}

/** Pids in the group and below it, over all hierarchies. */
export function processesIn(group: string): number[] {
  const pids = new Set<number>();
  for (const folder of cgroupFolders(group)) collect(folder, pids);
  return [...pids];
}

function collect(folder: string, pids: Set<number>): void {
  try {
    for (const line of readFileSync(path.join(folder, 'cgroup.procs'), 'utf8').split('\n')) {
      if (line !== '' && line !== '0') pids.add(Number(line));
    }
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) collect(path.join(folder, entry.name), pids);
    }
  } catch {
    // Gone, or going.
  }
}

/** Removes the group and its children in every hierarchy; false while something still lives in one. */
export function removeGroup(group: string): boolean {
  return cgroupFolders(group).map(removeTree).every(Boolean);
}

function removeTree(folder: string): boolean {
  if (!existsSync(folder)) return true;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) removeTree(path.join(folder, entry.name));
    }
    rmdirSync(folder);
    return true;
  } catch {
    return !existsSync(folder);
  }
}

/** Names of the groups directly below `group`, over all hierarchies. */
export function childGroups(group: string): string[] {
  const names = new Set<string>();
  for (const folder of cgroupFolders(group)) {
    try {
      for (const entry of readdirSync(folder, { withFileTypes: true }))
        if (entry.isDirectory()) names.add(entry.name);
    } catch {
      // Not in this hierarchy.
    }
  }
  return [...names];
}
