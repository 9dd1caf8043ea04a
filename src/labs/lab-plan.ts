import type { Capability } from './capability.js';
import type { LabSpec } from './lab-spec.js';
import type { ObjectiveSpec } from './objective-spec.js';
import type { PreparedLab } from './prepared-lab.js';

/** An objective that the engine of this run cannot support: not a state, but no part of the run. */
export interface LeftOut {
  spec: ObjectiveSpec;
  missing: Capability[];
}

/** Objective id -> what the engine lacks for it; as it is stored with the run. */
export type Lacking = Record<string, Capability[]>;

/** Everything that a lab can make use of: what it needs, and what single objectives need. */
export function wishesOf(spec: LabSpec): Capability[] {
  return [...new Set([...spec.sandbox.requires, ...spec.objectives.flatMap((o) => o.requires)])];
}

/** What an engine with these capabilities cannot support; empty for most labs. */
export function lackingIn(spec: LabSpec, offered: ReadonlySet<string>): Lacking {
  const entries = spec.objectives.map(
    (o) => [o.id, o.requires.filter((capability) => !offered.has(capability))] as const,
  );
  return Object.fromEntries(entries.filter(([, missing]) => missing.length > 0));
}

/**
 * The lab of one run, without what its engine cannot support. Weights count over what is left; a need that points to
 * an objective left out counts as met.
 */
export function planFor(lab: PreparedLab, lacking: Lacking): PreparedLab {
  const out = (id: string): boolean => Object.hasOwn(lacking, id);
  if (!lab.spec.objectives.some(({ id }) => out(id))) return lab;
  const kept = (spec: ObjectiveSpec): ObjectiveSpec => ({
    ...spec,
    needs: spec.needs.filter((need) => !out(need)),
  });
  const { spec } = lab;
  return {
    ...lab,
    spec: { ...spec, objectives: spec.objectives.filter(({ id }) => !out(id)).map(kept) },
    objectives: lab.objectives.filter((o) => !out(o.spec.id)).map((o) => ({ ...o, spec: kept(o.spec) })),
    leftOut: spec.objectives.filter(({ id }) => out(id)).map((o) => ({ spec: o, missing: lacking[o.id]! })),
  };
}
