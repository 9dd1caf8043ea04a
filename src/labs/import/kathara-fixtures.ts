import { isObject, type Json } from '../../grading/json.js';
import type { LabFiles } from '../lab-folder.js';
import { json } from '../scaffold/template.js';
import type { Goal } from './kathara-objectives.js';

/** One fixture with all that the goals ask for, and for each goal one without the last thing of it. */
export function goalFixtures(goals: readonly Goal[], names: readonly string[]): LabFiles {
  const solved: Record<string, Json> = Object.fromEntries(names.map((name) => [name, null]));
  for (const { match } of goals)
    for (const [name, pattern] of Object.entries(match)) solved[name] = joined(solved[name] ?? null, pattern);
  const expect = Object.fromEntries(goals.map(({ id }) => [id, true]));
  return {
    'fixtures/pass-all.json': json({ observations: solved, expect }),
    ...Object.fromEntries(
      goals.map(({ id, match }) => {
        const [name, pattern] = Object.entries(match)[0]!;
        const observations = { ...solved, [name]: without(solved[name]!, pattern) };
        return [`fixtures/fail-${id}.json`, json({ observations, expect: { [id]: false } })];
      }),
    ),
  };
}

/** What fits both patterns. */
function joined(a: Json, b: Json): Json {
  if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
  return isObject(a) && isObject(b) ? { ...a, ...b } : b;
}

/** The observation without one thing that the pattern wants. */
function without(observed: Json, pattern: Json): Json {
  if (Array.isArray(observed) && Array.isArray(pattern)) {
    const gone = JSON.stringify(pattern.at(-1));
    return observed.filter((item) => JSON.stringify(item) !== gone);
  }
  if (!isObject(observed) || !isObject(pattern)) return null;
  const gone = Object.keys(pattern).at(-1);
  return Object.fromEntries(Object.entries(observed).filter(([key]) => key !== gone));
}
