import type { Decision } from './credit.js';
import type { Failure } from './evaluate.js';
import type { Fall } from './fall.js';
import { canonical, type Json } from './json.js';
import { initialMemory, type ObjectiveMemory, type ObjectiveStateName } from './objective.machine.js';

/** All that a run knows of one objective. */
export interface ObjectiveRun {
  memory: ObjectiveMemory;
  attempts: number;
  /** Bit n-1 = hint n was taken. */
  hintsTaken: number;
  /** Bit n-1 = the condition of hint n held once. */
  hintsOpen: number;
  /** How often the learner left `failed`. */
  retries: number;
  unblockedAt: number | null;
  /** When it was first passed. */
  passedAt: number | null;
  failure: Failure | null;
  /** Index of the author's explanation that holds, else null. */
  explain: number | null;
  evidenceId: string | null;
  /** Digest of the last failures, to tell a new mistake from the same one. */
  failureDigest: string;
  /** A defect of the lab, for its author. */
  defect: string | undefined;
  /** Its `never` held at a moment between two looks, and what was seen then. */
  glimpsed: Fall | null;
  /** What it holds by was not so at a moment between two looks. */
  interrupted: boolean;
  /** Why it failed, while it is failed. */
  fall: Fall | null;
  /** What a person decided about it. */
  override: Decision | null;
  /** The state that was last told of: a restart begins with another one at times, and tells of no change twice. */
  told: ObjectiveStateName;
}

export function newObjectiveRun(now: number): ObjectiveRun {
  return {
    memory: initialMemory(now),
    attempts: 0,
    hintsTaken: 0,
    hintsOpen: 0,
    retries: 0,
    unblockedAt: null,
    passedAt: null,
    failure: null,
    explain: null,
    evidenceId: null,
    failureDigest: '',
    defect: undefined,
    glimpsed: null,
    fall: null,
    override: null,
    told: 'blocked',
    interrupted: false,
  };
}

/** What of an objective people see change though its state stays. */
export function shownOf(run: ObjectiveRun): string {
  return canonical([run.failure as Json, run.explain, run.attempts, run.hintsOpen]);
}
