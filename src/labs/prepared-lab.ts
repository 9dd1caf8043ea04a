import type { Assert } from '../grading/assert.js';
import { celCompiler, type CelProgram } from '../grading/cel.js';
import type { Json } from '../grading/json.js';
import type { ObjectiveRules } from '../grading/objective.machine.js';
import { parseCall, type ProbeCall } from '../grading/probes/calls.js';
import { traitsOf } from '../grading/probes/traits.js';
import { readsOf } from '../grading/reads.js';
import { scriptCalls, withGiven } from '../grading/scripts/script-calls.js';
import { durationMs } from './duration.js';
import { interpolate } from './interpolate.js';
import type { LeftOut } from './lab-plan.js';
import type { LabSpec } from './lab-spec.js';
import type { ObjectiveSpec } from './objective-spec.js';
import { labValues, secretValues, type Draw } from './params.js';
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
  /** Observation -> key of `variants`, for what this objective reads with a `since` of its own. */
  aliases: Record<string, string>;
}

/** A call that is asked anew for one objective: only what came after its reference counts. */
export interface Variant {
  call: ProbeCall;
  objective: string;
  /** `unblocked`, `start`, or the objective whose first pass is the reference. */
  since: string;
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
  variants: Record<string, Variant>;
  /** In the order of their needs. */
  objectives: PreparedObjective[];
  tripwires: PreparedTripwire[];
  preconditions: Assert[];
  /** Objectives that the engine of this run cannot support, see lab-plan.ts. */
  leftOut: LeftOut[];
  compile: (source: string) => CelProgram;
  /** All expressions that it compiled so far. */
  sources: ReadonlySet<string>;
}

/**
 * Throws with a plain message when the lab is not sound; lint finds all such faults before publication. `base` is the
 * same lab without a draw: what it compiled is used again, as compiling costs more than anything else.
 */
export function prepareLab(spec: LabSpec, draw?: Draw | null, base?: PreparedLab): PreparedLab {
  const drawn = labValues(spec, draw);
  const values: Record<string, Json> = drawn;
  const calls: Record<string, ProbeCall> = {};
  for (const [name, raw] of Object.entries(spec.observe)) {
    const parsed = parseCall(interpolate(raw as Json, values));
    if ('problem' in parsed) throw new Error(`observe.${name}: ${parsed.problem}`);
    calls[name] = parsed.call;
  }
  const { compile, sources } = compilerOf(Object.keys(calls), base);
  const objectives = inOrder(spec.objectives).map((o) => prepareObjective(o, values, compile));
  const put = (node: Assert): Assert => interpolate(node, values) as Assert;
  const tripwires = spec.tripwires.map((tripwire): PreparedTripwire => {
    const never = put(tripwire.never);
    return { spec: tripwire, never, reads: readsOf(never, compile) };
  });
  const preconditions = spec.preconditions.map(put);
  const secrets = secretValues(spec, drawn);
  const scripts = scriptCalls(objectives, calls);
  Object.assign(calls, scripts);
  for (const objective of objectives) objective.reads = withGiven(objective.reads, scripts);
  const variants = variantsOf(spec, calls);
  for (const objective of objectives) objective.aliases = aliasesOf(objective, variants);
  return {
    spec,
    values,
    secrets,
    calls,
    variants,
    objectives,
    tripwires,
    preconditions,
    leftOut: [],
    compile,
    sources,
  };
}

/** What has the run's values in it is compiled for the run; everything else once for all. */
function compilerOf(
  names: string[],
  base: PreparedLab | undefined,
): Pick<PreparedLab, 'compile' | 'sources'> {
  const sources = new Set<string>();
  let own: PreparedLab['compile'] | undefined;
  const compile: PreparedLab['compile'] = (source) => {
    if (base?.sources.has(source)) return base.compile(source);
    own ??= celCompiler(names);
    const program = own(source);
    sources.add(source);
    return program;
  };
  return { compile, sources };
}

function variantsOf(spec: LabSpec, calls: Record<string, ProbeCall>): Record<string, Variant> {
  const entries = spec.objectives.flatMap(({ id, since }) =>
    Object.entries(calls).flatMap(([name, call]): [string, Variant][] =>
      since !== undefined && traitsOf(call).since ? [[`${name}@${id}`, { call, objective: id, since }]] : [],
    ),
  );
  return Object.fromEntries(entries);
}

function aliasesOf({ spec, reads }: PreparedObjective, variants: Record<string, Variant>) {
  const entries = reads.map((name) => [name, `${name}@${spec.id}`] as const);
  return Object.fromEntries(entries.filter(([, key]) => Object.hasOwn(variants, key)));
}

/** The call behind an observation, also behind one of an objective's own. */
export function callOf(lab: PreparedLab, key: string): ProbeCall {
  return (lab.calls[key] ?? lab.variants[key]?.call)!;
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
  // Compiled now, so that a defect shows before anybody waits for the hint.
  for (const { when } of spec.hints) if (when !== undefined) compile(when);
  return {
    spec,
    assert,
    never,
    neverReads: readsOf(never, compile),
    reads: [...new Set([...readsOf(assert, compile), ...readsOf(never, compile), ...explains])],
    aliases: {},
    rules: {
      stableForMs: durationMs(spec.stableFor),
      regressAfterMs: durationMs(spec.regressAfter),
      latch: spec.latch,
      within: spec.within && {
        fromStart: spec.within.from !== 'unblocked',
        forMs: durationMs(spec.within.for),
      },
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
