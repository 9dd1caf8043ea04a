import type { SandboxRow } from './sandbox-row.js';

export interface Limits {
  idleTtlMs: number;
  unopenedTtlMs: number;
}

export type Due =
  | { kind: 'release'; reason: 'expired' | 'idle' | 'unopened' }
  | { kind: 'warn'; mark: string; text: 'expiring' | 'idle'; inMs: number };

const MINUTE = 60_000;
const WARN_BEFORE_END = [10 * MINUTE, 5 * MINUTE, MINUTE];
const WARN_BEFORE_IDLE = 5 * MINUTE;

/** What the clocks ask for a ready sandbox at `now` (ms since the epoch). Pure. */
export function due(row: SandboxRow, now: number, limits: Limits): Due | undefined {
  if (row.state !== 'ready' || !row.expiresAt || !row.readyAt) return undefined;
  const left = row.expiresAt.getTime() - now;
  if (left <= 0) return { kind: 'release', reason: 'expired' };
  const lastActivity = (row.lastActivityAt ?? row.readyAt).getTime();
  // An API client that never opens a terminal still acts: checks and extensions count as activity.
  const unopened = row.openedAt === null && lastActivity <= row.readyAt.getTime();
  if (unopened && now - row.readyAt.getTime() >= limits.unopenedTtlMs)
    return { kind: 'release', reason: 'unopened' };
  const idleLeft = lastActivity + limits.idleTtlMs - now;
  if (idleLeft <= 0) return { kind: 'release', reason: 'idle' };
  if (idleLeft <= WARN_BEFORE_IDLE && idleLeft < left) {
    return { kind: 'warn', mark: `idle:${lastActivity}`, text: 'idle', inMs: idleLeft };
  }
  const step = WARN_BEFORE_END.findLast((before) => left <= before);
  return step === undefined
    ? undefined
    : { kind: 'warn', mark: `end:${row.expiresAt.getTime()}:${step}`, text: 'expiring', inMs: left };
}
