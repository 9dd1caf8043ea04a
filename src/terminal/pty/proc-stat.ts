import { readdirSync, readFileSync } from 'node:fs';

export interface ProcStat {
  pid: number;
  state: string;
  session: number;
  /** Foreground process group of the controlling terminal; -1 without one. */
  foreground: number;
}

/** What the kernel says of a process; undefined once it is gone. */
export function readStat(pid: number): ProcStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name may hold spaces and parentheses; everything after the last one is well-behaved.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { pid, state: fields[0] ?? '', session: Number(fields[3]), foreground: Number(fields[5]) };
}

/** Living processes of a session, as seen from this pid namespace. */
export function sessionMembers(session: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((stat) => stat !== undefined && stat.session === session && stat.state !== 'Z')
    .map((stat) => stat!.pid);
}
