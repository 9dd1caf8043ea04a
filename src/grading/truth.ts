/**
 * F false < R refused (the learner's side made it unreadable) < U unknown (we could not look) < T true.
 * With this order `all` is the minimum and `any` the maximum, so breaking a probe never satisfies a negative
 * assertion, and a fault of ours never makes one false.
 */
export type Truth = 'F' | 'R' | 'U' | 'T';

const RANK: Record<Truth, number> = { F: 0, R: 1, U: 2, T: 3 };

export function allOf(truths: readonly Truth[]): Truth {
  return truths.reduce<Truth>((least, t) => (RANK[t] < RANK[least] ? t : least), 'T');
}

export function anyOf(truths: readonly Truth[]): Truth {
  return truths.reduce<Truth>((most, t) => (RANK[t] > RANK[most] ? t : most), 'F');
}

export function notOf(truth: Truth): Truth {
  if (truth === 'T') return 'F';
  return truth === 'F' ? 'T' : truth;
}

/** What the state machine is told. */
export type Verdict = 'true' | 'false' | 'unknown';

export function verdictOf(truth: Truth): Verdict {
  if (truth === 'T') return 'true';
  return truth === 'U' ? 'unknown' : 'false';
}
