import type { Decision } from '../credit.js';
import type { Json } from '../json.js';
import type { Run, Transition } from '../run.js';
import type { Deed } from './entry.js';

/** Does again what somebody did to a run. What the lab of this run does not have is left undone. */
export function doAgain(run: Run, deed: Deed, now: number): Transition[] {
  // Nothing is folded after it; what was stands.
  if (deed.does === 'freeze') return [];
  const id = textOf(deed['objective']);
  const objective = run.objectives.get(id);
  if (!objective) return [];
  switch (deed.does) {
    case 'hint':
      objective.hintsTaken |= 1 << Number(deed['index']);
      return [];
    case 'retry':
      return [run.retry(id, now) ?? []].flat();
    case 'decide':
      run.decide(id, decisionOf(deed, now));
      return [];
    default:
      throw new Error(`the log tells of "${deed.does}", which this version does not know`);
  }
}

function decisionOf({ state, by, reason }: Deed, at: number): Decision | null {
  if (state !== 'passed' && state !== 'failed') return null;
  return { state, by: textOf(by), reason: textOf(reason), at };
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
