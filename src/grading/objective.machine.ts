import type { Verdict } from './truth.js';

export type ObjectiveStateName =
  'blocked' | 'pending' | 'holding' | 'passed' | 'regressed' | 'failed' | 'error';
type Working = Exclude<ObjectiveStateName, 'error'>;

/** Timing rules of one objective, all in ms. */
export interface ObjectiveRules {
  stableForMs: number;
  regressAfterMs: number;
  latch: boolean;
  /** Time allowed; absent = no deadline. `fromStart`: it runs while the objective is blocked, too. */
  within?: { fromStart: boolean; forMs: number };
  /** What a trip of `never` does before it is unblocked, and after it passed. */
  neverFromStart: boolean;
  neverUntilFreeze: boolean;
}

/** Everything the machine remembers. Times are of one monotonic clock; null = not running. */
export interface ObjectiveMemory {
  state: ObjectiveStateName;
  /** The state that an `error` came from, to return to. */
  cameFrom: Working;
  since: number;
  holdingSince: number | null;
  falseSince: number | null;
  unknownSince: number | null;
  lastTick: number;
  /** Time counted against `within`; stands still in `error`. */
  spentMs: number;
}

export interface ObjectiveInput {
  now: number;
  needsCredited: boolean;
  /** `unread` = nothing was observed this time: nothing changes but the clocks. */
  verdict: Verdict | 'unread';
  tripped: boolean;
  /** A tripwire of the lab failed it, in whatever state it is. */
  condemned?: boolean;
  /** What the time allowed counts from has not come yet. */
  clockStopped?: boolean;
}

/** An unknown verdict this long becomes `error`; shorter ones only freeze the hold. */
export const UNKNOWN_GRACE_MS = 5000;
/** A hold needs readings closer together than this, or it starts again. */
export const MAX_HOLD_GAP_MS = 8000;

export function initialMemory(now: number): ObjectiveMemory {
  return {
    state: 'blocked',
    cameFrom: 'blocked',
    since: now,
    holdingSince: null,
    falseSince: null,
    unknownSince: null,
    lastTick: now,
    spentMs: 0,
  };
}

/** The learner leaves `failed` for another try: as if it had just been unblocked. */
export function retried(now: number): ObjectiveMemory {
  return { ...initialMemory(now), state: 'pending', cameFrom: 'pending' };
}

/** The time since the last look does not count, as nobody could work: a hold begins again, other clocks stand still. */
export function afterPause(m: ObjectiveMemory, now: number): ObjectiveMemory {
  const later = (since: number | null): number | null => (since === null ? null : now);
  return {
    ...m,
    lastTick: now,
    holdingSince: later(m.holdingSince),
    falseSince: later(m.falseSince),
    unknownSince: null,
  };
}

/** Credit counts in the score and opens what needs it; an error keeps what was earned. */
export function isCredited(memory: ObjectiveMemory): boolean {
  return memory.state === 'passed' || (memory.state === 'error' && memory.cameFrom === 'passed');
}

/** One step, pure. Columns of the transition table are tried from the left: trip, needs, unknown, false, true, deadline. */
export function reduce(
  before: ObjectiveMemory,
  input: ObjectiveInput,
  rules: ObjectiveRules,
): ObjectiveMemory {
  const gap = input.now - before.lastTick;
  let m = withClocks(before, input, rules, gap);
  if (m.state === 'blocked' && input.needsCredited && !input.condemned && !trips(m, input, rules))
    m = enter(m, 'pending', input.now);
  const next = step(m, input, rules, gap);
  return { ...next, lastTick: input.now };
}

function withClocks(
  m: ObjectiveMemory,
  input: ObjectiveInput,
  rules: ObjectiveRules,
  gap: number,
): ObjectiveMemory {
  const runs = m.state !== 'blocked' || rules.within?.fromStart === true;
  const counts = runs && m.state !== 'error' && input.clockStopped !== true;
  const unknownSince = input.verdict === 'unknown' ? (m.unknownSince ?? input.now) : null;
  const falseSince = input.verdict === 'false' ? (m.falseSince ?? input.now) : null;
  const verdict = input.verdict;
  // A short unknown spell neither counts towards a hold nor ends it.
  const frozen = m.holdingSince !== null && verdict === 'unknown';
  return {
    ...m,
    holdingSince: frozen ? m.holdingSince! + gap : m.holdingSince,
    spentMs: counts ? m.spentMs + gap : m.spentMs,
    unknownSince: verdict === 'unread' ? m.unknownSince : unknownSince,
    falseSince: verdict === 'true' ? null : verdict === 'false' ? falseSince : m.falseSince,
  };
}

function step(
  m: ObjectiveMemory,
  input: ObjectiveInput,
  rules: ObjectiveRules,
  gap: number,
): ObjectiveMemory {
  const { now } = input;
  if (m.state === 'failed') return m;
  if (input.condemned || trips(m, input, rules)) return enter(m, 'failed', now);
  if (!input.needsCredited && (workingState(m) === 'pending' || workingState(m) === 'holding')) {
    return enter(m, 'blocked', now);
  }
  if (m.state === 'blocked') return overdue(m, rules) ? enter(m, 'failed', now) : m;
  if (input.verdict === 'unread') return lateCheck(m, rules, now);
  if (input.verdict === 'unknown') return onUnknown(m, now);
  if (m.state === 'error') return leaveError(m, input, rules, gap);
  return input.verdict === 'false' ? onFalse(m, rules, now) : onTrue(m, rules, now, gap);
}

const workingState = (m: ObjectiveMemory): Working => (m.state === 'error' ? m.cameFrom : m.state);

function trips(m: ObjectiveMemory, input: ObjectiveInput, rules: ObjectiveRules): boolean {
  return input.tripped && isArmed(m, rules);
}

/** Whether a trip of its `never` would count now. */
export function isArmed(m: ObjectiveMemory, rules: ObjectiveRules): boolean {
  if (m.state === 'failed') return false;
  const state = workingState(m);
  if (state === 'blocked') return rules.neverFromStart;
  if (state === 'passed' || state === 'regressed') return rules.neverUntilFreeze;
  return true;
}

const overdue = (m: ObjectiveMemory, rules: ObjectiveRules): boolean =>
  rules.within !== undefined && m.spentMs > rules.within.forMs;

function lateCheck(m: ObjectiveMemory, rules: ObjectiveRules, now: number): ObjectiveMemory {
  return m.state === 'pending' && overdue(m, rules) ? enter(m, 'failed', now) : m;
}

function onUnknown(m: ObjectiveMemory, now: number): ObjectiveMemory {
  if (m.state === 'error' || now - m.unknownSince! <= UNKNOWN_GRACE_MS) return m;
  return { ...enter(m, 'error', now), cameFrom: workingState(m), unknownSince: m.unknownSince };
}

/** Back to where it came from; a hold that was interrupted this long starts again. */
function leaveError(
  m: ObjectiveMemory,
  input: ObjectiveInput,
  rules: ObjectiveRules,
  gap: number,
): ObjectiveMemory {
  const back = m.cameFrom === 'holding' ? 'pending' : m.cameFrom;
  const restored = { ...enter(m, back, input.now), falseSince: input.verdict === 'false' ? input.now : null };
  return step(restored, input, rules, gap);
}

function onFalse(m: ObjectiveMemory, rules: ObjectiveRules, now: number): ObjectiveMemory {
  switch (m.state) {
    case 'pending':
      return lateCheck(m, rules, now);
    case 'holding':
      return lateCheck(enter(m, 'pending', now), rules, now);
    case 'passed':
      if (rules.latch || now - m.falseSince! < rules.regressAfterMs) return m;
      return enter(m, 'regressed', now);
    default:
      return m;
  }
}

function onTrue(m: ObjectiveMemory, rules: ObjectiveRules, now: number, gap: number): ObjectiveMemory {
  if (m.state === 'passed') return m;
  if (m.state === 'holding') {
    if (gap > MAX_HOLD_GAP_MS) return { ...m, holdingSince: now };
    return now - m.holdingSince! >= rules.stableForMs ? enter(m, 'passed', now) : m;
  }
  if (rules.stableForMs === 0) return enter(m, 'passed', now);
  return { ...enter(m, 'holding', now), holdingSince: now };
}

function enter(m: ObjectiveMemory, state: ObjectiveStateName, now: number): ObjectiveMemory {
  if (m.state === state) return m;
  const cameFrom = state === 'error' ? m.cameFrom : state;
  return { ...m, state, cameFrom, since: now, holdingSince: null };
}
