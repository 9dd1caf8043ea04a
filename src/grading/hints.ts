import { durationMs } from '../labs/duration.js';
import type { HintSpec } from '../labs/objective-spec.js';
import type { ObjectiveRun } from './objective-run.js';

/** Ripe once the objective was open for long enough, tried often enough, or its condition held. A taken hint stays. */
export function isAvailable(hint: HintSpec, index: number, run: ObjectiveRun, now: number): boolean {
  if (isTaken(run, index)) return true;
  if (run.unblockedAt === null) return false;
  if (hint.when !== undefined) return (run.hintsOpen & (1 << index)) !== 0;
  if (hint.attempts !== undefined) return run.attempts >= hint.attempts;
  return now - run.unblockedAt >= durationMs(hint.after!);
}

export function isTaken(run: ObjectiveRun, index: number): boolean {
  return (run.hintsTaken & (1 << index)) !== 0;
}

/** Sum of the costs of the hints taken, as a share of the weight. */
export function hintCost(hints: readonly HintSpec[], run: ObjectiveRun): number {
  return hints.reduce((sum, hint, i) => (isTaken(run, i) ? sum + hint.cost : sum), 0);
}

/** When the next hint becomes available by time alone; Infinity if none will. */
export function nextHint(hints: readonly HintSpec[], run: ObjectiveRun, now: number): number {
  if (run.unblockedAt === null || run.memory.state === 'passed' || run.memory.state === 'failed')
    return Infinity;
  const due = hints.flatMap((hint) =>
    hint.after === undefined ? [] : [run.unblockedAt! + durationMs(hint.after)],
  );
  return Math.min(Infinity, ...due.filter((at) => at > now));
}
