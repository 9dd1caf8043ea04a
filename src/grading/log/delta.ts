import { isObject, type Json, type JsonObject } from '../json.js';

/**
 * How one JSON value became another. `0` removes a key; `[value]` replaces; `[start, deleted, inserted, appended]`
 * changes a list that grew, shrank or moved; an object has the delta of each key or index that changed.
 */
export type Delta =
  | 0
  | [Json]
  | [start: number, deleted: number, inserted: Json[], appended: Json[]]
  | { [key: string]: Delta };

/** undefined = equal. */
export function diff(before: Json | undefined, after: Json | undefined): Delta | undefined {
  if (before === after) return undefined;
  if (after === undefined) return 0;
  if (Array.isArray(before) && Array.isArray(after)) return diffLists(before, after);
  if (isObject(before) && isObject(after)) return diffObjects(before, after);
  return [after];
}

export function patch(before: Json | undefined, delta: Delta): Json | undefined {
  if (delta === 0) return undefined;
  if (Array.isArray(delta)) {
    if (delta.length === 1) return delta[0];
    const [start, deleted, inserted, appended] = delta;
    const list = before as Json[];
    return [...list.slice(0, start), ...inserted, ...list.slice(start + deleted), ...appended];
  }
  if (Array.isArray(before))
    return before.map((item, i) => (Object.hasOwn(delta, i) ? patch(item, delta[i]!)! : item));
  // By entries, as a key may be called __proto__.
  const entries = new Map(Object.entries((before ?? {}) as JsonObject));
  for (const [key, inner] of Object.entries(delta)) {
    const value = patch(entries.get(key), inner);
    if (value === undefined) entries.delete(key);
    else entries.set(key, value);
  }
  return Object.fromEntries(entries);
}

/** The delta with every value in it changed; `change` must keep the shape of what it is given. */
export function mapValues(delta: Delta, change: (value: Json) => Json): Delta {
  if (delta === 0) return 0;
  if (Array.isArray(delta)) {
    if (delta.length === 1) return [change(delta[0])];
    return [delta[0], delta[1], delta[2].map(change), delta[3].map(change)];
  }
  return Object.fromEntries(Object.entries(delta).map(([key, inner]) => [key, mapValues(inner, change)]));
}

function diffObjects(before: JsonObject, after: JsonObject): Delta | undefined {
  // Whether the value is a secret stands in the name beside it, so the two are never parted.
  if (isVariable(before) || isVariable(after)) return equal(before, after) ? undefined : [after];
  const changes: [string, Delta][] = [];
  for (const key of Object.keys(after)) {
    const delta = diff(own(before, key), after[key]);
    if (delta !== undefined) changes.push([key, delta]);
  }
  for (const key of Object.keys(before)) if (own(after, key) === undefined) changes.push([key, 0]);
  return changes.length === 0 ? undefined : Object.fromEntries(changes);
}

function diffLists(before: Json[], after: Json[]): Delta | undefined {
  const moved = windowMoved(before, after);
  if (moved) return moved;
  if (before.length === after.length) {
    const changes = after.flatMap((item, i): [string, Delta][] => {
      const delta = diff(before[i], item);
      return delta === undefined ? [] : [[String(i), delta]];
    });
    return changes.length === 0 ? undefined : Object.fromEntries(changes);
  }
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && equal(before[head], after[head])) head++;
  let tail = 0;
  while (tail < shorter - head && equal(before.at(-1 - tail), after.at(-1 - tail))) tail++;
  return [head, before.length - head - tail, after.slice(head, after.length - tail), []];
}

/** The last lines of a log: the oldest fall out, new ones follow. */
function windowMoved(before: Json[], after: Json[]): Delta | undefined {
  const [first] = after;
  if (first === undefined || before.length === 0 || equal(before[0], first)) return undefined;
  const from = before.findIndex((item) => equal(item, first));
  const kept = before.length - from;
  if (from < 0 || kept > after.length) return undefined;
  for (let i = 1; i < kept; i++) if (!equal(before[from + i], after[i])) return undefined;
  return [0, from, [], after.slice(kept)];
}

function isVariable(object: JsonObject): boolean {
  return typeof own(object, 'name') === 'string' && own(object, 'value') !== undefined;
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => equal(a[key], own(b, key)));
}
