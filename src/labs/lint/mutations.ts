import { walkAssert, type Assert } from '../../grading/assert.js';
import { isObject, type Json } from '../../grading/json.js';
import { isOperatorObject } from '../../grading/operators.js';
import { identityOf, match } from '../../grading/match.js';

export interface Mutation {
  what: string;
  observations: Record<string, Json>;
}

/**
 * For each leaf that a positive `match` names: the observation without it, and with another value. For each observation
 * that an expression reads: nothing in its place.
 */
export function mutations(
  assert: Assert | undefined,
  observations: Record<string, Json>,
  readsOfCel: (source: string) => string[],
): Mutation[] {
  const found: Mutation[] = [];
  if (!assert) return found;
  const negated = new Set<Assert>();
  walkAssert(assert, (node) => {
    if ('not' in node) walkAssert(node.not, (inner) => negated.add(inner));
    if (negated.has(node)) return;
    if ('cel' in node) found.push(...absences(readsOfCel(node.cel), observations));
    if (!('match' in node)) return;
    for (const [name, pattern] of Object.entries(node.match)) {
      for (const path of leaves(pattern, observations[name] ?? null))
        found.push(...changes(name, path, observations));
    }
  });
  return found;
}

function absences(names: string[], observations: Record<string, Json>): Mutation[] {
  return names
    .filter((name) => (observations[name] ?? null) !== null)
    .map((name) => ({ what: `removing ${name}`, observations: { ...observations, [name]: null } }));
}

/** Paths in the observation that the pattern's leaves stand on. */
function leaves(pattern: Json, observed: Json): (string | number)[][] {
  if (Array.isArray(pattern) && Array.isArray(observed)) {
    return pattern.flatMap((p) => {
      const index = standsFor(p, observed);
      return index < 0 ? [] : leaves(p, observed[index]!).map((rest) => [index, ...rest]);
    });
  }
  if (isObject(pattern) && !isOperatorObject(pattern) && isObject(observed)) {
    return Object.entries(pattern).flatMap(([key, inner]) =>
      leaves(inner, observed[key] ?? null).map((rest) => [key, ...rest]),
    );
  }
  return [[]];
}

/** The element that a pattern is about: of the same name, or else the only one that fits. */
function standsFor(pattern: Json, observed: Json[]): number {
  const name = identityOf(pattern);
  if (name !== undefined) return observed.findIndex((o) => identityOf(o) === name);
  const fitting = observed.flatMap((o, i) => (match(pattern, o).length === 0 ? [i] : []));
  return fitting.length === 1 ? fitting[0]! : -1;
}

function changes(name: string, path: (string | number)[], observations: Record<string, Json>): Mutation[] {
  const what = [name, ...path].join('.');
  return [
    { what: `removing ${what}`, observations: edit(observations, [name, ...path], () => undefined) },
    { what: `altering ${what}`, observations: edit(observations, [name, ...path], alter) },
  ];
}

function alter(value: Json): Json {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return -1 - value;
  // Not only longer: a regular expression may look at the beginning alone.
  return value === 'altered' ? 'otherwise' : 'altered';
}

function edit(root: Record<string, Json>, path: (string | number)[], change: (v: Json) => Json | undefined) {
  const copy = JSON.parse(JSON.stringify(root)) as Record<string, Json>;
  let at = copy as unknown as Record<string | number, Json>;
  for (const part of path.slice(0, -1)) at = at[part] as unknown as Record<string | number, Json>;
  const last = path.at(-1)!;
  const value = change(at[last]!);
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}
