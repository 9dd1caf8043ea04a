import { writeFileSync } from 'node:fs';
import { INOTIFY, readSysctl } from '../linux/sysctl.js';

export interface FixOptions {
  say: (text: string) => void;
  /** Where the kernel shows its settings. */
  root?: string;
}

/**
 * Raises the limits of the machine that are too low for more than a few sandboxes. Only settings that a reboot undoes, and
 * each is printed with its old value before it changes. Returns how many could not be changed.
 */
export function fixMachine({ say, root = '/proc/sys' }: FixOptions): number {
  let failed = 0;
  for (const [name, wanted] of Object.entries(INOTIFY)) {
    const found = readSysctl(name, root);
    if (found !== undefined && found >= wanted) continue;
    say(`sysctl -w ${name}=${wanted}   # was ${found ?? 'unreadable'}`);
    try {
      writeFileSync(`${root}/${name.replaceAll('.', '/')}`, String(wanted));
    } catch (error) {
      failed++;
      say(`     failed: ${(error as Error).message}; run it as root of the machine, not of a container`);
    }
  }
  return failed;
}
