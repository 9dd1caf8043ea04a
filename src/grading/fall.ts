import type { Failure } from './evaluate.js';

/** Why an objective failed. Kept with it: no later look shows what tripped, or that the time was over. */
export interface Fall {
  by: 'never' | 'tripwire' | 'deadline';
  failure: Failure;
  /** Index of the author's explanation that held at that moment. */
  explain: number | null;
}

export function fellByTripwire(tripwire: string): Fall {
  return {
    by: 'tripwire',
    failure: { path: tripwire, kind: 'tripped', expected: null, observed: null },
    explain: null,
  };
}

/** `allowedMs` as the lab gives it. */
export function fellByDeadline(allowedMs: number): Fall {
  return {
    by: 'deadline',
    failure: { path: '', kind: 'late', expected: allowedMs, observed: null },
    explain: null,
  };
}
