import type { Logger } from '../common/logger.js';

/** Small JSON values that a step leaves for later steps and for its undo. */
export type Facts = Record<string, string | number | boolean>;

/** What a driver or a step may use while it runs. `signal` fires at the deadline or on cancellation. */
export interface CallOptions {
  signal: AbortSignal;
  /** Milliseconds since the epoch, monotonic enough for a deadline. */
  deadline: number;
}

export interface StepContext extends CallOptions {
  /** The ten characters behind `sb_`. */
  id: string;
  attempt: number;
  logger: Logger;
  /** Facts of the steps before this one. */
  facts: Facts;
  /** Becomes an event that the learner can see. */
  note(text: string): void;
}

/**
 * One named piece of provisioning. `run` twice equals `run` once; it returns only when what it made can be used.
 * `undo` is best effort and safe when `run` never started.
 */
export interface Step {
  name: string;
  timeoutMs: number;
  run(c: StepContext): Promise<Facts | void>;
  undo(c: StepContext): Promise<void>;
}

export interface Amounts {
  cpuMilli: number;
  memMiB: number;
  pids: number;
  inotifyInstances: number;
  ptys: number;
}

/** `reserve` is expected use, `limit` the enforced cap. */
export interface Cost {
  reserve: Amounts;
  limit: Amounts;
}

export interface Plan {
  steps: Step[];
  cost: Cost;
}
