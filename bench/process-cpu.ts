import { readFileSync } from 'node:fs';

/** Of the kernel, for the clock ticks of /proc. */
const TICKS_PER_SECOND = 100;

/** Processor time of a process so far, seconds. */
export function cpuOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
