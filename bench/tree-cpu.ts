import { readdirSync, readFileSync } from 'node:fs';

/** Of the kernel, for the clock ticks of /proc. */
const TICKS_PER_SECOND = 100;

interface Stat {
  parent: number;
  /** Its own, and that of the children it has waited for. */
  ticks: number;
}

/** Processor time of a process, of all that it started and that still lives, and of those that have ended; seconds. */
export function cpuOfTree(pid: number): number {
  const stats = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    if (stat) stats.set(Number(name), stat);
  }
  const children = new Map<number, number[]>();
  for (const [child, { parent }] of stats) children.set(parent, [...(children.get(parent) ?? []), child]);
  const sum = (of: number): number =>
    (children.get(of) ?? []).reduce((total, child) => total + sum(child), stats.get(of)?.ticks ?? 0);
  return sum(pid) / TICKS_PER_SECOND;
}

function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = [11, 12, 13, 14].reduce((total, i) => total + Number(fields[i]), 0);
    return { parent: Number(fields[1]), ticks };
  } catch {
    // It ended while the list was read.
    return undefined;
  }
}
