import type { PoolKey, PoolRule } from './pool-config.js';

const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;
/** Making may go wrong once. */
const SPARE_MS = 10 * MINUTE;
/** Late learners find theirs, too. */
const AFTER_MS = 30 * MINUTE;

/**
 * How many warm units there should be of each key at a moment. A class of n is begun n times the time of one early,
 * plus a reserve, and its units are kept for a while after it began. Pure; days and hours are the local time of `now`.
 */
export function targets(o: {
  rules: PoolRule[];
  now: Date;
  /** To make one unit, ms. */
  buildMs: number;
  /** How many can be made at once. */
  builders: number;
}): Map<PoolKey, number> {
  const wanted = new Map<PoolKey, number>();
  for (const rule of o.rules) {
    const lead = Math.ceil((rule.count * o.buildMs) / o.builders) + SPARE_MS;
    if (rule.at && !isWithin(rule.at, o.now, lead)) continue;
    if (rule.once && !isNear(rule.once, o.now, lead)) continue;
    wanted.set(rule.key, Math.max(wanted.get(rule.key) ?? 0, rule.count));
  }
  return wanted;
}

function isNear(once: Date, now: Date, leadMs: number): boolean {
  const until = once.getTime() - now.getTime();
  return until <= leadMs && -until < AFTER_MS;
}

function isWithin(at: NonNullable<PoolRule['at']>, now: Date, leadMs: number): boolean {
  const minute = now.getHours() * 60 + now.getMinutes() + now.getSeconds() / 60;
  const period = at.weekday === 'daily' ? DAY_MINUTES : 7 * DAY_MINUTES;
  const begins = at.weekday === 'daily' ? at.minute : at.weekday * DAY_MINUTES + at.minute;
  const present = at.weekday === 'daily' ? minute : now.getDay() * DAY_MINUTES + minute;
  const until = (((begins - present) % period) + period) % period;
  return until * MINUTE <= leadMs || (period - until) * MINUTE < AFTER_MS;
}
