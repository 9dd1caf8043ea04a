const FIRST_MS = 1000;
const LONGEST_MS = 3_600_000;
/** A share of the wait, up or down: endpoints that fell together do not rise together. */
const JITTER = 0.25;
export const TRY_FOR_MS = 24 * 3_600_000;

/**
 * When to try again after the n-th try failed (n >= 1), ms since the epoch: 1 s, doubled each time up to an hour. The last
 * try comes when the 24 hours end; undefined = that was it.
 */
export function nextTry(o: {
  attempts: number;
  since: number;
  now: number;
  retryAfterMs: number;
  random: () => number;
}): number | undefined {
  const end = o.since + TRY_FOR_MS;
  if (o.now >= end) return undefined;
  const plain = Math.min(FIRST_MS * 2 ** Math.min(o.attempts - 1, 30), LONGEST_MS);
  const wait = plain * (1 + JITTER * (2 * o.random() - 1));
  return Math.min(Math.round(o.now + Math.max(wait, o.retryAfterMs)), end);
}
