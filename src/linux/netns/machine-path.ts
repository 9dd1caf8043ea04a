import { accessSync, constants } from 'node:fs';

const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const found = new Map<string, string>();

/** Absolute path of a program of the machine; PATH plays no part. Throws with the program's name if there is none. */
export function machinePath(program: string): string {
  const known = found.get(program);
  if (known !== undefined) return known;
  for (const folder of FOLDERS) {
    try {
      accessSync(`${folder}/${program}`, constants.X_OK);
      found.set(program, `${folder}/${program}`);
      return `${folder}/${program}`;
    } catch {
      // The next folder may have it.
    }
  }
  throw new Error(`${program} is not on this machine (looked in ${FOLDERS.join(', ')})`);
}
