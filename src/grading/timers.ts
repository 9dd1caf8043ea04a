import type { Run } from './run.js';

/** When a state would change without any new observation: a hold fulfilled, a regress due, time over. */
export function nextTimer(run: Run, now: number): { at: number; restless: boolean } {
  let at = Infinity;
  let restless = false;
  for (const objective of run.lab.objectives) {
    const { spec, rules } = objective;
    const { memory } = run.of(spec.id);
    if (memory.holdingSince !== null) {
      restless = true;
      at = Math.min(at, memory.holdingSince + rules.stableForMs);
    }
    if (memory.state === 'passed' && memory.falseSince !== null && !rules.latch) {
      restless = true;
      at = Math.min(at, memory.falseSince + rules.regressAfterMs);
    }
    const open = memory.state === 'pending' || (memory.state === 'blocked' && rules.within?.fromStart);
    if (rules.within && open && !run.clockStopped(objective)) {
      at = Math.min(at, now + Math.max(0, rules.within.forMs - memory.spentMs) + 1);
    }
  }
  return { at, restless };
}
