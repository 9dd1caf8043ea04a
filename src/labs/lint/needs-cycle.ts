import type { ObjectiveSpec } from '../objective-spec.js';

type Needing = Pick<ObjectiveSpec, 'id' | 'needs'>;

/** Ids along needs until one comes again, `[a, b, a]`; undefined where nothing waits for itself. */
export function cycleOf(objectives: readonly Needing[]): string[] | undefined {
  const free = new Set<string>();
  for (let before = -1; before !== free.size;) {
    before = free.size;
    for (const o of objectives) if (o.needs.every((need) => free.has(need))) free.add(o.id);
  }
  // Each of the others waits for another one of them, so that this way must come back to itself.
  const bound = new Map(objectives.filter((o) => !free.has(o.id)).map((o) => [o.id, o]));
  const way: string[] = [];
  for (let at = [...bound.values()][0]; at;) {
    const seen = way.indexOf(at.id);
    way.push(at.id);
    if (seen >= 0) return way.slice(seen);
    at = at.needs.map((need) => bound.get(need)).find((next) => next !== undefined);
  }
  return undefined;
}
