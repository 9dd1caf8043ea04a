import type { Assert } from '../../grading/assert.js';
import { evaluate } from '../../grading/evaluate.js';
import { NO_CLUSTER_FACTS } from '../../grading/facts.js';
import type { Json } from '../../grading/json.js';
import { seen, type Observations } from '../../grading/observation.js';
import type { Truth } from '../../grading/truth.js';
import type { Fixture } from '../fixture.js';
import type { PreparedLab } from '../prepared-lab.js';

/** A state of the world as a fixture gives it; what is not given is absent. */
export type State = Pick<Fixture, 'observations' | 'past' | 'sandbox'>;

export const NOTHING: State = { observations: {}, past: {}, sandbox: {} };

/** Truth of every objective on given observations, needs and timing left aside. */
export function dryRun(lab: PreparedLab, state: State): Record<string, Truth> {
  return Object.fromEntries(
    lab.objectives.map((o) => [o.spec.id, o.assert ? dryTruth(lab, o.assert, state) : 'T']),
  );
}

export function dryTruth(lab: PreparedLab, assert: Assert, state: State): Truth {
  const observations: Observations = Object.fromEntries(
    Object.keys(lab.calls).map((name) => [name, seen(state.observations[name] ?? null)]),
  );
  const past = state.past as Record<string, Record<string, Json>>;
  const sandbox = { ...NO_CLUSTER_FACTS, ...(state.sandbox as Record<string, Json>) };
  return evaluate(assert, { observations, lab: lab.values, past, sandbox, compile: lab.compile }).truth;
}
