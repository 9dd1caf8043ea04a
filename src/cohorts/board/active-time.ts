/** From and to, ms since the epoch; the last one may still be open. */
export interface Span {
  from: number;
  to: number;
}

/** Times at which something was so, from the moments at which it began and ended; what began last is open until `now`. */
export function spansOf(changes: readonly { at: number; on: boolean }[], now: number): Span[] {
  const spans: Span[] = [];
  let from: number | undefined;
  for (const { at, on } of changes) {
    if (on) from ??= at;
    else if (from !== undefined) {
      spans.push({ from, to: at });
      from = undefined;
    }
  }
  if (from !== undefined) spans.push({ from, to: Math.max(from, now) });
  return spans;
}

/** How much of `within` the spans cover, less what `without` covers of them. ms. Neither list overlaps itself. */
export function covered(spans: readonly Span[], within: Span, without: readonly Span[] = []): number {
  let ms = 0;
  for (const span of spans) {
    const part = cut(span, within);
    if (!part) continue;
    ms += part.to - part.from;
    for (const gap of without) {
      const lost = cut(gap, part);
      if (lost) ms -= lost.to - lost.from;
    }
  }
  return ms;
}

function cut(a: Span, b: Span): Span | undefined {
  const from = Math.max(a.from, b.from);
  const to = Math.min(a.to, b.to);
  return from < to ? { from, to } : undefined;
}
