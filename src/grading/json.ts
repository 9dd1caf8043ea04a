export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keys in order, so that equal values have equal texts. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key]!)}`).join(',')}}`;
}

/** What a terminal would obey, or what turns the direction of a line; a text may have line feeds and tabs. */
const ACTIVE =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Control characters would let a learner's name write to a teacher's terminal. */
export function inert(text: string): string {
  return text.replace(ACTIVE, '\uFFFD');
}

/** A value for eyes: the same, with every text in it inert. */
export function inertValue(value: Json): Json {
  if (typeof value === 'string') return inert(value);
  if (Array.isArray(value)) return value.map(inertValue);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [inert(key), inertValue(inner)]));
}

/** One inert line of bounded length. */
export function printable(text: string, maxLength = 200): string {
  const line = inert(text).replace(/[\t\n]/g, '\uFFFD');
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line;
}

/** Deeper values than Kubernetes' own are nobody's state, and would exhaust the stack of what walks them. */
const MAX_DEPTH = 64;

export function isDeeper(value: Json, levels = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
