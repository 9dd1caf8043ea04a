import type { Change } from './grading.repository.js';

/** An earlier try to store a change, whose answer never came: it may have been done all the same. */
export interface Try {
  /** Evidence that was new in it; stored = it was done. */
  evidence: string;
  /** That many of the events, the first, were in it. */
  events: number;
}

/** What a change that carries an unstored one along has to know of it. Call before anything is added to its lists. */
export function triesBefore(unstored: Change | undefined): readonly Try[] {
  if (!unstored) return [];
  const { tries = [], evidence, events } = unstored;
  const last = evidence.at(-1)?.id;
  if (last === undefined || last === tries.at(-1)?.evidence) return tries;
  return [...tries, { evidence: last, events: events.length }];
}

/** Events that are not stored yet. `isStored` knows which evidence is. */
export function eventsLeft(change: Change, isStored: (evidence: string) => boolean): Change['events'] {
  const done = (change.tries ?? []).filter(({ evidence }) => isStored(evidence));
  return change.events.slice(Math.max(0, ...done.map(({ events }) => events)));
}
