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
}

export type Observations = Record<string, Observation>;

export function seen(value: Json): Observation {
  return { value, fault: null };
}

export function faulted(cause: ProbeFault['cause'], code: string, detail: string): Observation {
  return { value: null, fault: { cause, code, detail } };
}
