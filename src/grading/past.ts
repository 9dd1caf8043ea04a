import type { PreparedLab, PreparedObjective } from '../labs/prepared-lab.js';
import { walkAssert, type Assert } from './assert.js';
import type { Json } from './json.js';
import type { Observations } from './observation.js';
import type { Look, Transition } from './run.js';

/** `past['<objective>' | 'start']`: observations of the moment when an objective passed, or when the run began. */
export type Past = Record<string, Record<string, Json>>;

const keysOf = new WeakMap<PreparedLab, ReadonlySet<string>>();

/** Names under which some expression of the lab reads `past['...']`. */
export function pastKeys(lab: PreparedLab): ReadonlySet<string> {
  const known = keysOf.get(lab);
  if (known) return known;
  const keys = new Set<string>();
  const from = (source: string): void => lab.compile(source).past.forEach((key) => keys.add(key));
  const tree = (assert: Assert | undefined): void => {
    if (assert) walkAssert(assert, (node) => 'cel' in node && from(node.cel));
  };
  for (const { never } of lab.tripwires) tree(never);
  for (const { assert, never, spec } of lab.objectives) {
    tree(assert);
    tree(never);
    for (const { when } of spec.explain) from(when);
  }
  keysOf.set(lab, keys);
  return keys;
}

/** Before the first look at which everything could be seen is folded: that is the start. */
export function rememberStart(past: Past, lab: PreparedLab, passive: Observations): void {
  if (past['start'] || !pastKeys(lab).has('start')) return;
  // A start that we could not see yet is still to come.
  if (Object.values(passive).some((o) => o.fault?.cause === 'platform')) return;
  const values = Object.entries(passive).flatMap(([name, o]) => (o.fault ? [] : [[name, o.value] as const]));
  past['start'] = Object.fromEntries(values);
}

/** After a look was folded: what each objective passed with. Returns the keys that are new. */
export function rememberPassed(
  past: Past,
  lab: PreparedLab,
  o: { transitions: readonly Transition[]; observations: Observations },
): string[] {
  return o.transitions.flatMap(({ objective, to }) => {
    const { spec, reads } = objective;
    if (to !== 'passed' || !pastKeys(lab).has(spec.id)) return [];
    const seen = readBy(objective, o.observations);
    past[spec.id] = Object.fromEntries(
      reads.flatMap((name) => (seen[name] ? [[name, seen[name].value]] : [])),
    );
    return [spec.id];
  });
}

/** What an objective read, under the names that it reads it by: with a `since` of its own it is asked for itself. */
export function readBy({ aliases }: PreparedObjective, observations: Observations): Observations {
  const own = Object.entries(aliases).flatMap(([name, key]) =>
    observations[key] ? [[name, observations[key]] as const] : [],
  );
  return own.length === 0 ? observations : { ...observations, ...Object.fromEntries(own) };
}

/** Everything that was seen, whether it was looked at or asked for. */
export function seenBy({ passive, active }: Pick<Look, 'passive' | 'active'>): Observations {
  const asked = Object.entries(active).map(([name, { observation }]) => [name, observation] as const);
  return { ...passive, ...Object.fromEntries(asked) };
}
