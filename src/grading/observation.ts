import type { Json } from './json.js';

/** Whose doing an unreadable observation is: `tenant` counts as not met, `platform` as unknown. */
export interface ProbeFault {
  cause: 'tenant' | 'platform';
  /** Stable word: `refused`, `timeout`, `too-large`, `malformed`, `entry`. */
  code: string;
  detail: string;
}

/** One reading. An absent thing is `value: null`, not a fault. */
export interface Observation {
  value: Json;
  fault: ProbeFault | null;
  /** There was nothing to ask, such as a cluster that the learner stopped: no evidence of what must never be. */
  absent?: true;
}

export type Observations = Record<string, Observation>;

export function seen(value: Json): Observation {
  return { value, fault: null };
}

/** Where that which is asked does not run at present. */
export const ABSENT: Observation = { value: null, fault: null, absent: true };

export function faulted(cause: ProbeFault['cause'], code: string, detail: string): Observation {
  return { value: null, fault: { cause, code, detail } };
}
