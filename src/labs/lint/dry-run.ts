import { evaluate } from '../../grading/evaluate.js';
import type { Json } from '../../grading/json.js';
import { seen, type Observations } from '../../grading/observation.js';
import type { Truth } from '../../grading/truth.js';
import type { PreparedLab } from '../prepared-lab.js';

/** Truth of every objective on given observations, needs and timing left aside; what is not given is absent. */
export function dryRun(
  lab: PreparedLab,
  values: Record<string, Json>,
  past: Record<string, Record<string, Json>> = {},
): Record<string, Truth> {
  const observations: Observations = Object.fromEntries(
    Object.keys(lab.calls).map((name) => [name, seen(values[name] ?? null)]),
  );
  const context = { observations, lab: lab.values, past, compile: lab.compile };
  return Object.fromEntries(
    lab.objectives.map((o) => [o.spec.id, o.assert ? evaluate(o.assert, context).truth : 'T']),
  );
}
