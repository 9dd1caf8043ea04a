import type { Clock } from '../../common/clock.js';
import { readStat, sessionMembers } from './proc-stat.js';

const ALLOWED = ['INT', 'QUIT', 'TSTP', 'CONT', 'HUP', 'TERM', 'KILL'] as const;
export type TerminalSignal = (typeof ALLOWED)[number];

export function isTerminalSignal(name: string): name is TerminalSignal {
  return (ALLOWED as readonly string[]).includes(name);
}

export interface SignalTarget {
  /** Leader of the session whose controlling terminal this is; undefined while unknown or once reaped. */
  leader(): number | undefined;
  /** Last check before a signal is sent: still one of ours? */
  owns(pid: number): boolean;
  /** Ends the command without its help, when the session could not be reached. */
  abandon(): void;
}

function send(pid: number, name: string): void {
  try {
    process.kill(pid, `SIG${name}`);
  } catch {
    // Gone between the look and the signal: what was wanted.
  }
}

/** Signals the foreground process group of the leader's terminal; false when there is none to signal. */
export function signalForeground(target: SignalTarget, name: TerminalSignal): boolean {
  const leader = target.leader();
  const stat = leader === undefined ? undefined : readStat(leader);
  if (!stat || stat.foreground <= 1 || !target.owns(stat.foreground)) return false;
  send(-stat.foreground, name);
  return true;
}

/** HUP, then TERM and KILL two seconds apart, to the leader's session. Daemons that left it survive, as with ssh. */
export async function killSession(target: SignalTarget, gone: Promise<void>, clock: Clock): Promise<void> {
  for (const name of ['HUP', 'TERM', 'KILL'] as const) {
    const leader = target.leader();
    if (leader === undefined) break;
    if (name === 'KILL') target.abandon();
    // A stopped shell acts on nothing but KILL and CONT.
    for (const pid of sessionMembers(leader)) {
      if (!target.owns(pid)) continue;
      send(pid, name);
      send(pid, 'CONT');
    }
    if (await settled(gone, clock, name === 'KILL' ? 10_000 : 2000)) return;
  }
  await gone;
}

function settled(gone: Promise<void>, clock: Clock, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, () => resolve(false));
    void gone.then(() => {
      cancel();
      resolve(true);
    });
  });
}
