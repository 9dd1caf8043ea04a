import type { PreparedLab } from '../labs/prepared-lab.js';
import type { Begin } from './log/entry.js';
import { canonical, type Json } from './json.js';
import { countsIn } from './credit.js';
import type { Past } from './past.js';
import { newObjectiveRun, type ObjectiveRun } from './objective-run.js';
import { Run } from './run.js';

/**
 * The run as a grader of it begins. What the grader before came to counts where the two differ, as then another lab is
 * asked; otherwise what the log says, which is exact.
 */
export function resume(
  lab: PreparedLab,
  begin: Begin,
  before: { run: Run; past: Past; shift: number } | undefined,
): { run: Run; past: Past } {
  const objectives = new Map<string, ObjectiveRun>();
  for (const { spec } of lab.objectives) {
    const logged = begin.objectives[spec.id];
    const earlier = before?.run.objectives.get(spec.id);
    const restored = earlier && afterRestart(earlier, begin.now, before!.shift);
    if (logged && (!restored || sameOutcome(logged, restored)))
      objectives.set(spec.id, { ...newObjectiveRun(begin.now), ...logged });
    else if (restored) objectives.set(spec.id, restored);
  }
  const trips = new Map(Object.entries(begin.trips));
  const known = new Set(lab.tripwires.map(({ spec }) => spec.id));
  for (const id of trips.keys())
    if (!known.has(id) || (before && !before.run.trips.has(id))) trips.delete(id);
  for (const [id, trip] of before?.run.trips ?? []) if (!trips.has(id)) trips.set(id, trip);
  return { run: new Run(lab, begin.now, objectives, trips), past: { ...begin.past, ...before?.past } };
}

/** As `restore` does with what is stored: a hold begins again, an error counts as what it came from. */
function afterRestart(earlier: ObjectiveRun, now: number, shift: number): ObjectiveRun {
  const { memory, unblockedAt, passedAt, override } = earlier;
  const working = memory.state === 'error' ? memory.cameFrom : memory.state;
  const state = working === 'holding' ? 'pending' : working;
  const fresh = newObjectiveRun(now);
  const shifted = (at: number | null): number | null => (at === null ? null : at + shift);
  return {
    ...earlier,
    memory: { ...fresh.memory, state, cameFrom: state, since: memory.since + shift, spentMs: memory.spentMs },
    unblockedAt: shifted(unblockedAt),
    passedAt: shifted(passedAt),
    override: override && { ...override, at: override.at + shift },
    failureDigest: '',
    glimpsed: null,
    interrupted: false,
  };
}

function sameOutcome(a: ObjectiveRun, b: ObjectiveRun): boolean {
  const outcome = (run: ObjectiveRun): Json => {
    const { memory, told, attempts, hintsTaken, retries, override } = run;
    return [memory.state, told, countsIn(run), attempts, hintsTaken, retries, override?.state ?? null];
  };
  return canonical(outcome(a)) === canonical(outcome(b));
}
