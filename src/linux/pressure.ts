import { readFileSync } from 'node:fs';
import os from 'node:os';

/** Share of the last ten seconds in which something waited for a processor, %. */
const BUSY_PERCENT = 20;

/**
 * Whether processes wait for this machine's processors: pressure stall information, or the load where the kernel has
 * none. https://docs.kernel.org/accounting/psi.html
 */
export function isUnderPressure(file = '/proc/pressure/cpu'): boolean {
  try {
    const avg10 = /^some avg10=([\d.]+)/m.exec(readFileSync(file, 'utf8'))?.[1];
    if (avg10 !== undefined) return Number(avg10) > BUSY_PERCENT;
  } catch {
    // A kernel without it.
  }
  return os.loadavg()[0]! > os.cpus().length;
}
