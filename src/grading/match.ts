import { assign } from './assignment.js';
import { isObject, type Json, type JsonObject } from './json.js';
import { isOperatorObject, matchOperators } from './operators.js';

/** Where and how an observation differs from a pattern. */
export interface Mismatch {
  /** `lr[eth0-r].up`: keys, and for elements of lists the name they carry. */
  path: string;
  kind: 'missing' | 'wrong' | 'extra';
  expected: Json;
  /** Absent things are null. */
  observed: Json;
}

export const MAX_EXPECTED = 64;
export const MAX_OBSERVED = 500;

/** Fields by which people tell the elements of a list apart; Kubernetes objects by the name in their metadata. */
const IDENTITY = ['ifname', 'name', 'id', 'local', 'dst', 'pod', 'podUid', 'type', 'target', 'port'] as const;

/**
 * All differences; an empty list means that the pattern holds. Objects are subsets, arrays are multiset subsets: each
 * expected element needs an observed element of its own.
 */
export function match(pattern: Json, observed: Json | undefined, path = ''): Mismatch[] {
  if (isOperatorObject(pattern)) return matchOperators(pattern as JsonObject, observed ?? null, path);
  if (pattern === null) return observed == null ? [] : [{ path, kind: 'extra', expected: null, observed }];
  if (observed === undefined || observed === null) {
    return [{ path, kind: 'missing', expected: pattern, observed: null }];
  }
  if (Array.isArray(pattern)) return matchList(pattern, observed, path);
  if (isObject(pattern)) {
    if (!isObject(observed)) return [{ path, kind: 'wrong', expected: pattern, observed }];
    return Object.entries(pattern).flatMap(([key, inner]) =>
      match(inner, own(observed, key), path === '' ? key : `${path}.${key}`),
    );
  }
  return pattern === observed ? [] : [{ path, kind: 'wrong', expected: pattern, observed }];
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

export function matchList(pattern: Json[], observed: Json, path: string): Mismatch[] {
  if (!Array.isArray(observed)) return [{ path, kind: 'wrong', expected: pattern, observed }];
  if (observed.length > MAX_OBSERVED || pattern.length > MAX_EXPECTED) {
    return [{ path, kind: 'wrong', expected: `at most ${MAX_OBSERVED} elements`, observed: observed.length }];
  }
  const table = pattern.map((p) => observed.map((o) => match(p, o)));
  const chosen = assign(pattern.length, observed.length, (i, j) => table[i]![j]!.length === 0);
  if (!chosen.includes(-1)) return [];
  const taken = new Set(chosen.filter((j) => j >= 0));
  return pattern.flatMap((p, i) => {
    if (chosen[i]! >= 0) return [];
    return nearest({ pattern: p, observed, row: table[i]!, taken, path });
  });
}

/** The element that the author most likely meant: same identity, then fewest differences, then lowest index. */
function nearest(o: {
  pattern: Json;
  observed: Json[];
  row: Mismatch[][];
  taken: Set<number>;
  path: string;
}): Mismatch[] {
  const label = `${o.path}[${identityOf(o.pattern) ?? ''}]`;
  let best = -1;
  o.observed.forEach((candidate, j) => {
    if (o.taken.has(j) || !sameIdentity(o.pattern, candidate)) return;
    if (best < 0 || o.row[j]!.length < o.row[best]!.length) best = j;
  });
  if (best < 0) return [{ path: label, kind: 'missing', expected: o.pattern, observed: null }];
  o.taken.add(best);
  const name = identityOf(o.pattern) ?? identityOf(o.observed[best]!) ?? String(best);
  return o.row[best]!.map((m) => ({ ...m, path: join(`${o.path}[${name}]`, m.path) }));
}

export function join(head: string, tail: string): string {
  if (tail === '' || tail.startsWith('[')) return head + tail;
  return head === '' ? tail : `${head}.${tail}`;
}

export function identityOf(value: Json): string | undefined {
  const found = identity(value);
  return found && String(found.is);
}

function identity(value: Json): { of: string; is: string | number } | undefined {
  if (!isObject(value)) return undefined;
  const { metadata } = value;
  if (isObject(metadata) && typeof metadata['name'] === 'string')
    return { of: 'metadata', is: metadata['name'] };
  for (const of of IDENTITY) {
    const is = value[of];
    if (typeof is === 'string' || (of === 'port' && typeof is === 'number')) return { of, is };
  }
  return undefined;
}

function sameIdentity(pattern: Json, candidate: Json): boolean {
  const wanted = identity(pattern);
  if (!wanted) return true;
  if (!isObject(candidate)) return false;
  const given = wanted.of === 'metadata' ? identity(candidate)?.is : candidate[wanted.of];
  return given === wanted.is;
}
