import { insideCidr, isCidr } from './cidr.js';
import { canonical, isObject, type Json, type JsonObject } from './json.js';
import { identityOf, join, match, matchList, MAX_EXPECTED, type Mismatch } from './match.js';
import { parseQuantity } from './quantity.js';
import { testRegexp, unsafeRegexp } from './regexp.js';

type Operator = (argument: Json, observed: Json, path: string) => Mismatch[];

export function isOperatorObject(pattern: Json): boolean {
  return isObject(pattern) && Object.keys(pattern).some((key) => key.startsWith('$'));
}

/** All operators of the object must hold. */
export function matchOperators(pattern: JsonObject, observed: Json, path: string): Mismatch[] {
  return Object.entries(pattern).flatMap(([name, argument]) => {
    const operator = OPERATORS[name];
    if (!operator) throw new Error(`${path}: ${name} is no operator`);
    return operator(argument, observed, path);
  });
}

function check(holds: boolean, path: string, expected: Json, observed: Json): Mismatch[] {
  if (holds) return [];
  return [{ path, kind: observed === null ? 'missing' : 'wrong', expected, observed }];
}

function compare(name: string, holds: (a: number | string, b: number | string) => boolean): Operator {
  return (argument, observed, path) => {
    const comparable =
      (typeof argument === 'number' && typeof observed === 'number') ||
      (typeof argument === 'string' && typeof observed === 'string');
    return check(comparable && holds(observed, argument), path, { [name]: argument }, observed);
  };
}

const list = (value: Json): Json[] => (Array.isArray(value) ? value : []);
const same = (a: Json, b: Json): boolean => canonical(a) === canonical(b);
const typeOf = (value: Json): string =>
  value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value === 'object' ? 'map' : typeof value;

function elements(
  argument: Json,
  observed: Json,
  path: string,
): { failed: Mismatch[][]; items: Json[] } | { wrong: Mismatch[] } {
  if (!Array.isArray(observed)) return { wrong: check(false, path, argument, observed) };
  return {
    items: observed,
    failed: observed.map((item, i) => match(argument, item).map((m) => at(m, path, identityOf(item) ?? i))),
  };
}

function at(mismatch: Mismatch, path: string, which: string | number): Mismatch {
  return { ...mismatch, path: join(`${path}[${which}]`, mismatch.path) };
}

const OPERATORS: Record<string, Operator> = {
  $eq: (a, o, path) => check(same(a, o), path, a, o),
  $ne: (a, o, path) => check(!same(a, o), path, { $ne: a }, o),
  $gt: compare('$gt', (a, b) => a > b),
  $gte: compare('$gte', (a, b) => a >= b),
  $lt: compare('$lt', (a, b) => a < b),
  $lte: compare('$lte', (a, b) => a <= b),
  $in: (a, o, path) =>
    check(
      list(a).some((item) => same(item, o)),
      path,
      { $in: a },
      o,
    ),
  $nin: (a, o, path) => check(!list(a).some((item) => same(item, o)), path, { $nin: a }, o),
  $exists: (a, o, path) => check((o !== null) === a, path, { $exists: a }, o),
  $type: (a, o, path) => check(typeOf(o) === a, path, { $type: a }, o),
  $re: (a, o, path) => check(typeof o === 'string' && testRegexp(a as string, o), path, { $re: a }, o),
  $cidr: (a, o, path) => check(typeof o === 'string' && insideCidr(o, a as string), path, { $cidr: a }, o),
  $quantity: (a, o, path) => {
    const amount = typeof o === 'string' || typeof o === 'number' ? parseQuantity(o) : undefined;
    if (amount === undefined || !isObject(a)) return check(false, path, { $quantity: a }, o);
    const wanted = Object.fromEntries(
      Object.entries(a).map(([op, v]) => [op, parseQuantity(v as string) ?? null]),
    );
    return matchOperators(wanted, amount, path);
  },
  $not: (a, o, path) => check(match(a, o).length > 0, path, { $not: a }, o),
  $len: (a, o, path) =>
    Array.isArray(o) ? match(a, o.length, `${path}.length`) : check(false, path, { $len: a }, o),
  $exactly: (a, o, path) => {
    if (Array.isArray(o) && o.length !== list(a).length) {
      const kind = o.length > list(a).length ? 'extra' : 'missing';
      return [
        ...matchList(list(a), o, path),
        { path: `${path}.length`, kind, expected: list(a).length, observed: o.length },
      ];
    }
    return matchList(list(a), o, path);
  },
  $any: (a, o, path) => {
    const tried = elements(a, o, path);
    if ('wrong' in tried) return tried.wrong;
    if (tried.failed.some((m) => m.length === 0)) return [];
    return tried.failed.toSorted((x, y) => x.length - y.length)[0] ?? check(false, path, { $any: a }, null);
  },
  $each: (a, o, path) => {
    const tried = elements(a, o, path);
    if ('wrong' in tried) return tried.wrong;
    // "Every one" of nothing would let an empty answer pass.
    return tried.items.length === 0 ? check(false, path, { $each: a }, null) : tried.failed.flat();
  },
  $none: (a, o, path) => {
    const tried = elements(a, o, path);
    if ('wrong' in tried) return tried.wrong;
    const index = tried.failed.findIndex((m) => m.length === 0);
    return index < 0
      ? []
      : [
          {
            path: `${path}[${identityOf(tried.items[index]!) ?? index}]`,
            kind: 'extra',
            expected: null,
            observed: tried.items[index]!,
          },
        ];
  },
};

const NESTED = new Set(['$not', '$any', '$each', '$none', '$len']);

/** Complaints about a pattern, for lint: unknown operators, mixed objects, unsafe regexps, oversized lists. */
export function patternProblems(pattern: Json, path = ''): string[] {
  if (Array.isArray(pattern)) {
    if (pattern.length === 0) return [`${path}: an empty list asserts nothing`];
    if (pattern.length > MAX_EXPECTED) return [`${path}: more than ${MAX_EXPECTED} elements`];
    return pattern.flatMap((item, i) => patternProblems(item, `${path}[${i}]`));
  }
  if (!isObject(pattern)) return [];
  const keys = Object.keys(pattern);
  if (keys.length === 0) return [`${path}: an empty pattern asserts nothing`];
  const operators = keys.filter((key) => key.startsWith('$'));
  if (operators.length > 0 && operators.length < keys.length) {
    return [`${path}: operators (${operators.join(', ')}) and plain keys cannot stand in one object`];
  }
  return keys.flatMap((key) => problemsAt(key, pattern[key]!, join(path, key)));
}

function problemsAt(key: string, argument: Json, path: string): string[] {
  if (!key.startsWith('$')) return patternProblems(argument, path);
  if (!Object.hasOwn(OPERATORS, key)) {
    return [`${path}: unknown operator; known: ${Object.keys(OPERATORS).join(' ')}`];
  }
  if (key === '$re') {
    const why = typeof argument === 'string' ? unsafeRegexp(argument) : 'must be a string';
    return why === undefined ? [] : [`${path}: ${why}`];
  }
  if (key === '$cidr' && !(typeof argument === 'string' && isCidr(argument))) {
    return [`${path}: not an address or a prefix: ${JSON.stringify(argument)}`];
  }
  if (['$in', '$nin', '$exactly'].includes(key) && !Array.isArray(argument))
    return [`${path}: must be a list`];
  return NESTED.has(key) || key === '$exactly' ? patternProblems(argument, path) : [];
}
