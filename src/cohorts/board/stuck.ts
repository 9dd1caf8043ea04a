/** Time alone, shown from here. */
export const SHOWN_FROM = 0.5;
const MIN_LIMIT_MS = 3 * 60_000;
/** Of the cohort's third quartile. */
const PATIENCE = 1.5;
/** Below so many passes the author's estimate counts. */
export const ENOUGH_PASSES = 8;
/** Commands in a row that left the mistake as it was. */
const REPEATS = 8;
const SILENT_MS = 5 * 60_000;
const BONUS = 0.25;

export type StuckReason = 'time' | 'repeating' | 'silent';

export interface Stuck {
  /** 0..1. */
  score: number;
  reasons: StuckReason[];
  activeSeconds: number;
  /** From here on the time alone is a reason. */
  limitSeconds: number;
}

export interface StuckInput {
  /** On the objective, usable and attended, ms. */
  activeMs: number;
  /** Active times in which others of the cohort passed it, ms. */
  passes: readonly number[];
  estimateMs: number;
  /** Commands since the last change of what is wrong. */
  repeats: number;
  /** Since the last newline, ms; undefined while nobody is attached. */
  silentMs: number | undefined;
}

/**
 * How much somebody seems to be stuck on an objective, and why. Half of the score is time over 1.5 x the third quartile
 * of the cohort; the same mistake again and again adds a quarter, and so does silence at the keyboard. Pure.
 */
export function stuckOf(input: StuckInput): Stuck {
  const limit = limitMs(input.passes, input.estimateMs);
  const ratio = input.activeMs / limit;
  const repeating = input.repeats >= REPEATS;
  const silent = input.silentMs !== undefined && input.silentMs >= SILENT_MS;
  const score = Math.min(1, ratio / 2 + (repeating ? BONUS : 0) + (silent ? BONUS : 0));
  return {
    score: Math.round(score * 100) / 100,
    reasons: [
      ...(ratio >= 1 ? (['time'] as const) : []),
      ...(repeating ? (['repeating'] as const) : []),
      ...(silent ? (['silent'] as const) : []),
    ],
    activeSeconds: Math.round(input.activeMs / 1000),
    limitSeconds: Math.round(limit / 1000),
  };
}

function limitMs(passes: readonly number[], estimateMs: number): number {
  const usual = passes.length >= ENOUGH_PASSES ? quantileOf(passes, 0.75) : estimateMs;
  return Math.max(MIN_LIMIT_MS, PATIENCE * usual);
}

/** The value below which the share `q` lies, by the nearest rank; NaN of nothing. */
export function quantileOf(values: readonly number[], q: number): number {
  const sorted = [...values].toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? Number.NaN;
}
