import fc from 'fast-check';
import { NO_CLUSTER_FACTS } from '../../src/grading/facts.js';
import type { Json } from '../../src/grading/json.js';
import { faulted, seen, type Observation, type Observations } from '../../src/grading/observation.js';
import { labSpecSchema, type LabSpec } from '../../src/labs/lab-spec.js';
import { prepareLab, type PreparedLab } from '../../src/labs/prepared-lab.js';

const text = { fr: 'x', en: 'x' };

/** Two that are polled, one whose every change is delivered, one that sends packets. */
const OBSERVE = {
  a: { 'netns.addrs': { ns: 'a' } },
  b: { 'netns.addrs': { ns: 'b' } },
  w: { 'kube.get': { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'w' } },
  p: { 'net.ping': { from: 'a', to: { ns: 'b', addr: '10.0.0.1' }, count: 1, via: [] } },
};
export const NAMES = Object.keys(OBSERVE) as (keyof typeof OBSERVE)[];

const ASSERTED = ['a.v == b.v', "a.v >= past['start'].a.v", 'w.v == lab.want'];
const FORBIDDEN = ['w.bad == true', 'a.bad == true'];
const EXPLAINED = 'a.v == 0';

const assertion = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    fc.tuple(fc.constantFrom(...NAMES), fc.nat(1)).map(([name, v]) => ({ match: { [name]: { v } } })),
    fc.constantFrom(...ASSERTED).map((cel) => ({ cel })),
    fc.array(tie('tree'), { minLength: 1, maxLength: 2 }).map((all) => ({ all })),
    fc.array(tie('tree'), { minLength: 1, maxLength: 2 }).map((any) => ({ any })),
    tie('tree').map((not) => ({ not })),
  ),
})).tree;

const never = fc.record({
  armed: fc.constantFrom('unblocked', 'start'),
  until: fc.constantFrom('passed', 'freeze'),
  cel: fc.constantFrom(...FORBIDDEN),
});

const objective = fc.record(
  {
    title: fc.constant(text),
    weight: fc.integer({ min: 1, max: 5 }),
    assert: assertion,
    stableFor: fc.constantFrom('0s', '0s', '2s'),
    regressAfter: fc.constantFrom('0s', '500ms', '2s'),
    latch: fc.boolean(),
    never: fc.option(never, { nil: undefined, freq: 3 }),
    within: fc.option(
      fc.record({ from: fc.constantFrom('unblocked', 'start'), for: fc.constantFrom('8s', '20s') }),
      { nil: undefined, freq: 3 },
    ),
    retry: fc.nat(2),
    hints: fc.constant([{ attempts: 1, cost: 0.25, text }]),
    explain: fc.constant([{ when: EXPLAINED, text }]),
  },
  { requiredKeys: ['title', 'weight', 'assert', 'stableFor', 'regressAfter', 'latch', 'hints', 'explain'] },
);

/** Labs of up to four objectives that need earlier ones at random. */
export const randomSpec: fc.Arbitrary<LabSpec> = fc
  .record({
    objectives: fc.array(fc.tuple(objective, fc.nat(7)), { minLength: 1, maxLength: 4 }),
    onTrip: fc.constantFrom('flag', { cost: 0.25 }, { fail: ['o0'] }, null),
  })
  .map(({ objectives, onTrip }) =>
    labSpecSchema.parse({
      apiVersion: 'wheelhouse/v1',
      kind: 'Lab',
      id: 'random',
      version: '1.0.0',
      title: text,
      locales: ['fr', 'en'],
      duration: '30m',
      sandbox: { cluster: {}, requires: ['netns', 'kube.watch'] },
      vars: { want: 1 },
      params: { word: { default: 'swordfish42', draw: 'token' } },
      observe: OBSERVE,
      tripwires: onTrip === null ? [] : [{ id: 'wire', never: { cel: FORBIDDEN[0] }, onTrip, text }],
      objectives: objectives.map(([o, bits], i) => ({
        ...o,
        id: `o${i}`,
        needs: objectives.slice(0, i).flatMap((_, j) => ((bits >> j) & 1 ? [`o${j}`] : [])),
      })),
    }),
  );

/** Compiling costs more than all else, so each expression is compiled once. */
let compiled: PreparedLab | undefined;

export function prepared(spec: LabSpec): PreparedLab {
  if (!compiled) {
    compiled = prepareLab(spec);
    for (const source of [...ASSERTED, ...FORBIDDEN, EXPLAINED]) compiled.compile(source);
  }
  return prepareLab(spec, null, compiled);
}

export const randomLab: fc.Arbitrary<PreparedLab> = randomSpec.map(prepared);

/** What one of them shows: mostly something, at times nothing, or nothing that can be read. */
const observation: fc.Arbitrary<Observation> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ v: fc.nat(1), bad: fc.constantFrom(false, false, false, true) }).map(seen),
  },
  { weight: 1, arbitrary: fc.constantFrom<Json>(null, { v: 'swordfish42' }, []).map(seen) },
  { weight: 1, arbitrary: fc.constant(faulted('tenant', 'refused', 'a link')) },
  { weight: 2, arbitrary: fc.constant(faulted('platform', 'timeout', 'a helper hangs')) },
);

export interface Step {
  /** Ms since the step before. */
  gap: number;
  shows: Observations;
  does: 'look' | 'enter' | 'glimpse' | 'hint' | 'retry' | 'check' | 'decide';
  /** Which objective, for those that concern one. */
  which: number;
}

/** What happens in a sandbox, and when it is looked at. */
export const randomSteps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    gap: fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 1, max: 1500 }) },
      { weight: 1, arbitrary: fc.integer({ min: 1500, max: 12_000 }) },
    ),
    shows: fc.dictionary(fc.constantFrom(...NAMES), observation, { maxKeys: 2 }),
    does: fc.constantFrom('look', 'look', 'look', 'enter', 'glimpse', 'hint', 'retry', 'check', 'decide'),
    which: fc.nat(3),
  }),
  { minLength: 1, maxLength: 40, size: 'max' },
);

/** At the start nothing is there. */
export const EMPTY: Observations = Object.fromEntries(NAMES.map((name) => [name, seen(null)]));
export const FACTS = NO_CLUSTER_FACTS;
