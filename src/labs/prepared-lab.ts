import type { Assert } from '../grading/assert.js';
import { celCompiler, type CelProgram } from '../grading/cel.js';
import type { Json } from '../grading/json.js';
import type { ObjectiveRules } from '../grading/objective.machine.js';
import { parseCall, type ProbeCall } from '../grading/probes/calls.js';
import { readsOf } from '../grading/reads.js';
import { durationMs } from './duration.js';
import { interpolate } from './interpolate.js';
import type { LeftOut } from './lab-plan.js';
import type { LabSpec } from './lab-spec.js';
import type { ObjectiveSpec } from './objective-spec.js';
import { labValues, secretValues } from './params.js';
import type { TripwireSpec } from './tripwire-spec.js';

export interface PreparedObjective {
  spec: ObjectiveSpec;
  assert: Assert | undefined;
  never: Assert | undefined;
  rules: ObjectiveRules;
  /** What `never` alone reads. */
  neverReads: string[];
  /** Observations that assertion, tripwire and explanations read. */
  reads: string[];
}

export interface PreparedTripwire {
  spec: TripwireSpec;
  never: Assert;
  reads: string[];
}

/** A lab with the values of one run put in: all that grading needs, checked. */
export interface PreparedLab {
  spec: LabSpec;
  values: Record<string, Json>;
  /** Values that no explanation and no evidence may show. */
  secrets: string[];
  calls: Record<string, ProbeCall>;
  /** In the order of their needs. */
  objectives: PreparedObjective[];
  tripwires: PreparedTripwire[];
  preconditions: Assert[];
  /** Objectives that the engine of this run cannot support, see lab-plan.ts. */
  leftOut: LeftOut[];
  compile: (source: string) => CelProgram;
}

/** Throws with a plain message when the lab is not sound; lint finds all such faults before publication. */
export function prepareLab(spec: LabSpec, seed?: string): PreparedLab {
  const drawn = labValues(spec, seed);
  const values: Record<string, Json> = drawn;
  const calls: Record<string, ProbeCall> = {};
  for (const [name, raw] of Object.entries(spec.observe)) {
    const parsed = parseCall(interpolate(raw as Json, values));
    if ('problem' in parsed) throw new Error(`observe.${name}: ${parsed.problem}`);
    calls[name] = parsed.call;
  }
  const compile = celCompiler(Object.keys(calls));
  const objectives = inOrder(spec.objectives).map((o) => prepareObjective(o, values, compile));
  const put = (node: Assert): Assert => interpolate(node, values) as Assert;
  const tripwires = spec.tripwires.map((tripwire): PreparedTripwire => {
    const never = put(tripwire.never);
    return { spec: tripwire, never, reads: readsOf(never, compile) };
  });
  const preconditions = spec.preconditions.map(put);
  const secrets = secretValues(spec, drawn);
  return { spec, values, secrets, calls, objectives, tripwires, preconditions, leftOut: [], compile };
}

function prepareObjective(
  spec: ObjectiveSpec,
  values: Record<string, Json>,
  compile: (source: string) => CelProgram,
): PreparedObjective {
  const put = (node: Assert | undefined) => node && (interpolate(node, values) as Assert);
  const assert = put(spec.assert);
  const never = put(spec.never?.assert);
  const explains = spec.explain.flatMap((e) => compile(e.when).reads);
  return {
    spec,
    assert,
    never,
    neverReads: readsOf(never, compile),
    reads: [...new Set([...readsOf(assert, compile), ...readsOf(never, compile), ...explains])],
    rules: {
      stableForMs: durationMs(spec.stableFor),
      regressAfterMs: durationMs(spec.regressAfter),
      latch: spec.latch,
      within: spec.within && { fromStart: spec.within.from === 'start', forMs: durationMs(spec.within.for) },
      neverFromStart: spec.never?.armed === 'start',
      neverUntilFreeze: spec.never?.until === 'freeze',
    },
  };
}

/** Needs before what needs them; throws on a cycle or on a need that does not exist. */
export function inOrder(objectives: readonly ObjectiveSpec[]): ObjectiveSpec[] {
  const sorted: ObjectiveSpec[] = [];
  const done = new Set<string>();
  let rest = [...objectives];
  while (rest.length > 0) {
    const free = rest.filter((o) => o.needs.every((need) => done.has(need)));
    if (free.length === 0) {
      throw new Error(`needs form a cycle, or name nothing: ${rest.map((o) => o.id).join(', ')}`);
    }
    // One at a time keeps the file's order wherever the needs allow it.
    sorted.push(free[0]!);
    done.add(free[0]!.id);
    rest = rest.filter((o) => o !== free[0]);
  }
  return sorted;
}
