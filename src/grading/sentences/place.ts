import type { Failure } from '../evaluate.js';
import { isObject, printable, type Json } from '../json.js';
import { identityOf } from '../match.js';

/** Where in an observation something differs: `lr[eth0-r].up` is the observation lr, its element eth0-r, and `up`. */
export interface Place {
  observation: string;
  /** Names of elements, in order. */
  elements: string[];
  /** The keys behind the last element, `spec.replicas`; '' for the thing itself. */
  field: string;
  /** All keys and elements as one, for comparisons: `[].ports[].name`. */
  shape: string;
}

export function placeOf({ path }: Pick<Failure, 'path'>): Place {
  const observation = /^[A-Za-z]\w*/.exec(path)?.[0] ?? '';
  const rest = path.slice(observation.length);
  const elements = [...rest.matchAll(/\[([^\]]*)\]/g)].map(([, name]) => printable(name!, 60));
  const field = rest.slice(rest.lastIndexOf(']') + 1).replace(/^\./, '');
  return { observation, elements, field: printable(field, 80), shape: rest.replace(/\[[^\]]*\]/g, '[]') };
}

const SYMBOLS: Record<string, string> = { $gte: '≥ ', $gt: '> ', $lte: '≤ ', $lt: '< ', $ne: '≠ ', $eq: '' };

/** A value for people: short, inert, without the marks of JSON. */
export function show(value: Json): string {
  if (Array.isArray(value)) return value.map(show).join(', ').slice(0, 80);
  const name = identityOf(value);
  if (name !== undefined) return printable(name, 60);
  if (!isObject(value)) return printable(typeof value === 'string' ? value : JSON.stringify(value), 60);
  const [operator = '', argument = null] = Object.entries(value)[0] ?? [];
  if (SYMBOLS[operator] !== undefined) return `${SYMBOLS[operator]}${show(argument)}`;
  if (operator === '$in' && Array.isArray(argument)) return argument.map(show).join(' / ').slice(0, 80);
  return printable(JSON.stringify(value), 60);
}

/** A text under a key of a pattern or an observation; undefined where there is none, or it is a rule. */
export function textAt(value: Json, key: string): string | undefined {
  const found = isObject(value) ? value[key] : undefined;
  return typeof found === 'string' || typeof found === 'number' ? printable(String(found), 60) : undefined;
}
