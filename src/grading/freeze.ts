import { countsIn } from './credit.js';
import type { ObjectiveRun } from './objective-run.js';
import type { Run } from './run.js';

/** `asked`: by somebody, with `POST …/final`; the others came with the end of the sandbox. */
export type FreezeCause = 'asked' | 'time-over' | 'released' | 'lost';

/** A run that is over, and whether its score stands. */
export interface Frozen {
  at: Date;
  cause: FreezeCause;
  /** Something could not be judged and left the maximum; a person has to confirm. */
  provisional: boolean;
  confirmedAt: Date | null;
  confirmedBy: string | null;
}

/** What cannot be judged at the freeze is asked again this often, with this gap: our faults are mostly short. */
export const FREEZE_RETRIES = 3;
export const FREEZE_RETRY_MS = 10_000;

export function frozenNow(at: Date, cause: FreezeCause): Frozen {
  return { at, cause, provisional: false, confirmedAt: null, confirmedBy: null };
}

/** Of the code with which a sandbox ended; null or `released`: somebody let it go. */
export function causeOfEnd(code: string | null): FreezeCause {
  if (code === null || code === 'released') return 'released';
  return code === 'sandbox_expired' ? 'time-over' : 'lost';
}

/** In error for a fault of ours, without credit, and not decided by a person. */
export function isOmitted(run: ObjectiveRun): boolean {
  return run.memory.state === 'error' && !countsIn(run) && run.override === null;
}

/** Ids of objectives that left the maximum of a frozen run. */
export function omittedIn(run: Run): string[] {
  return run.lab.objectives.map(({ spec }) => spec.id).filter((id) => isOmitted(run.of(id)));
}

/** Those that would, were it frozen now; a fault that has just begun may yet pass. */
export function unjudgedIn(run: Run): string[] {
  return run.lab.objectives
    .map(({ spec }) => spec.id)
    .filter((id) => {
      const objective = run.of(id);
      const unseen = objective.memory.state === 'error' || objective.memory.unknownSince !== null;
      return unseen && !countsIn(objective) && objective.override === null;
    });
}
