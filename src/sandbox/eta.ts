/**
 * When the request at `position` (1 = next) gets its place, in seconds from now: places come free as living sandboxes
 * end, in the order of their ends. undefined when not enough ends are known.
 */
export function etaSeconds(o: {
  position: number;
  /** Known ends of living sandboxes, ms since the epoch. */
  ends: number[];
  now: number;
  /** Expected time to provision, ms. */
  provisionMs: number;
}): number | undefined {
  const end = [...o.ends].sort((a, b) => a - b)[o.position - 1];
  return end === undefined ? undefined : Math.max(0, Math.ceil((end - o.now + o.provisionMs) / 1000));
}
