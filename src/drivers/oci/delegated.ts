import { chownSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { hierarchies } from '../../linux/procs/cgroup-paths.js';

/** Where a lab host finds the control group that it may set limits in. */
export const DELEGATED_POINT = '/run/cgroup';
/** Its name below the group of the lab host. */
const NAME = 'own';
/** All that the learner may write: which processes are in it, and how many there may be. */
const WRITABLE = ['cgroup.procs', 'pids.max'];

/**
 * Folder of the group that is handed to a lab host; undefined where pids are not counted in a v1 hierarchy. With v2
 * the group of a lab host would have to be empty of processes before it could pass the controller on.
 */
export function delegatedFolder(group: string): string | undefined {
  const pids = hierarchies().find(({ controllers }) => controllers.includes('pids'));
  return pids && path.join(pids.target, group, NAME);
}

/**
 * Makes that group and hands it over; again it ends the same. The folder itself stays the machine's, so that no learner
 * can make groups without end: v1 has no limit for that. What is set in there comes on top of the lab host's limits.
 */
export function delegateGroup(group: string, owner: number): void {
  const folder = delegatedFolder(group);
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  for (const file of WRITABLE) chownSync(path.join(folder, file), owner, owner);
}
