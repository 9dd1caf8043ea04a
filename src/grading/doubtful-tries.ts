import type { Change } from './grading.repository.js';

/** An earlier try to store a change, whose answer never came: it may have been done all the same. */
export interface Try {
  /** Stored with it: evidence that was new in it, or a word of its own where there was none. */
  marker: string;
  /** That many of the events and decisions, the first, were in it. */
  events: number;
  decisions: number;
}

/** What a change that carries an unstored one along has to know of it. Call before anything is added to its lists. */
export function triesBefore(unstored: Change | undefined): readonly Try[] {
  if (!unstored) return [];
  const { tries = [], marker, events, decisions } = unstored;
  if (marker === undefined || marker === tries.at(-1)?.marker) return tries;
  return [...tries, { marker, events: events.length, decisions: decisions.length }];
}

/** That of the last try, where the change tells of nothing more; undefined = it tells of nothing at all. */
export function markerOf(
  { tries = [], events, evidence }: Change,
  newMarker: () => string,
): string | undefined {
  const before = tries.at(-1);
  if (events.length === (before?.events ?? 0)) return before?.marker;
  const last = evidence.at(-1)?.id;
  return last === undefined || tries.some(({ marker }) => marker === last) ? newMarker() : last;
}

/** Events and decisions that are not stored yet, of those that the change has. */
export function notStored(
  change: Change,
  isStored: (marker: string) => boolean,
): Pick<Change, 'events' | 'decisions'> {
  const done = (change.tries ?? []).filter(({ marker }) => isStored(marker));
  return {
    events: change.events.slice(Math.max(0, ...done.map(({ events }) => events))),
    decisions: change.decisions.slice(Math.max(0, ...done.map(({ decisions }) => decisions))),
  };
}
