import { labSpecSchema } from '../labs/lab-spec.js';
import { prepareLab } from '../labs/prepared-lab.js';
import { NO_CLUSTER_FACTS } from './facts.js';
import type { Json } from './json.js';
import { faulted, seen, type Observation } from './observation.js';
import { scoreOfRun } from './progress-view.js';
import { Run, type Look } from './run.js';

const text = { fr: 'x', en: 'x' };
const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'web' };

function runOf(tripwires: unknown[], never?: unknown): Run {
  const spec = labSpecSchema.parse({
    apiVersion: 'wheelhouse/v1',
    kind: 'Lab',
    id: 'lab',
    version: '1.0.0',
    title: text,
    locales: ['fr', 'en'],
    duration: '10m',
    sandbox: { cluster: {}, requires: ['kube.watch'] },
    observe: { dep: { 'kube.get': DEPLOYMENT } },
    tripwires,
    objectives: [
      { id: 'ready', title: text, weight: 6, assert: { match: { dep: { ready: true } } } },
      { id: 'calm', title: text, weight: 4, needs: ['ready'], never: never ?? { cel: 'dep.wild == true' } },
    ],
  });
  return new Run(prepareLab(spec), 0);
}

function look(now: number, dep: Json | Observation): Look {
  const observation =
    typeof dep === 'object' && dep !== null && 'fault' in dep ? (dep as Observation) : seen(dep);
  return {
    now,
    passive: { dep: observation },
    active: {},
    past: {},
    sandbox: NO_CLUSTER_FACTS,
    acted: false,
  };
}

const BAD = { id: 'bad', never: { cel: 'dep.bad == true' }, text };
const good = { ready: true, bad: false, wild: false };

describe('tripwires of a lab', () => {
  it('once tripped stay so, and are told of once', () => {
    const run = runOf([{ ...BAD, onTrip: 'flag' }]);
    expect(run.apply(look(1, good)).tripped).toEqual([]);
    const { tripped, changed } = run.apply(look(2, { ...good, bad: true }));
    expect(tripped.map((t) => t.spec.id)).toEqual(['bad']);
    expect(changed).toBe(true);
    expect(run.apply(look(3, { ...good, bad: true })).tripped).toEqual([]);
    expect(run.trips.get('bad')).toMatchObject({ at: 2 });
    expect(scoreOfRun(run, false).points).toBe(10);
  });

  it('take their share of the maximum, and never more than there is', () => {
    const run = runOf([{ ...BAD, onTrip: { cost: 0.25 } }]);
    run.apply(look(1, { ...good, bad: true }));
    expect(scoreOfRun(run, false)).toEqual({ points: 7.5, max: 10, fraction: 0.75 });
    const poor = runOf([{ ...BAD, onTrip: { cost: 1 } }]);
    poor.apply(look(1, { bad: true }));
    expect(scoreOfRun(poor, false).points).toBe(0);
  });

  it('fail the objectives that they name, passed ones too, for good', () => {
    const run = runOf([{ ...BAD, onTrip: { fail: ['ready'] } }]);
    run.apply(look(1, good));
    expect(run.of('ready').memory.state).toBe('passed');
    run.apply(look(2, { ...good, bad: true }));
    expect(run.of('ready').memory.state).toBe('failed');
    run.apply(look(3, good));
    expect(run.of('ready').memory.state).toBe('failed');
    expect(scoreOfRun(run, false).points).toBe(4);
  });

  it('are tripped by a moment between two looks', () => {
    const run = runOf([{ ...BAD, onTrip: 'flag' }]);
    run.apply(look(1, good));
    expect(run.glimpse(look(2, { ...good, bad: true }), new Set(['dep']))).toBe(true);
    expect(run.apply(look(3, good)).tripped.map((t) => t.spec.id)).toEqual(['bad']);
  });

  it('stand beside flags for what somebody made up, each told of once', () => {
    const run = runOf([]);
    const invented = { ...look(1, good), inventions: ['Pod default/ghost'] };
    expect(run.apply(invented).flags).toEqual([{ flag: 'invented', subject: 'Pod default/ghost' }]);
    expect(run.apply({ ...invented, now: 2 }).flags).toEqual([]);
  });

  it('do not trip on what could not be read, which is told of once', () => {
    const run = runOf([{ ...BAD, onTrip: 'flag' }]);
    const broken = faulted('tenant', 'too-large', 'made so');
    expect(run.apply(look(1, broken))).toMatchObject({
      tripped: [],
      flags: [{ flag: 'unreadable', subject: 'tripwire:bad' }],
    });
    expect(run.apply(look(2, broken)).flags).toEqual([]);
    expect(run.apply(look(3, faulted('platform', 'timeout', ''))).tripped).toEqual([]);
  });
});

describe('what an objective never allows', () => {
  it('fails it for a moment between two looks', () => {
    const run = runOf([], { armed: 'start', cel: 'dep.wild == true' });
    run.apply(look(1, null));
    expect(run.of('calm').memory.state).toBe('blocked');
    expect(run.glimpse(look(2, { wild: true }), new Set(['dep']))).toBe(true);
    run.apply(look(3, good));
    expect(run.of('calm').memory.state).toBe('failed');
  });

  it('does not count before it is armed', () => {
    const run = runOf([]);
    run.apply(look(1, null));
    expect(run.glimpse(look(2, { wild: true }), new Set(['dep']))).toBe(false);
    run.apply(look(3, good));
    expect(run.of('calm').memory.state).toBe('passed');
  });

  it('is not judged by events that concern something else', () => {
    const run = runOf([], { armed: 'start', cel: 'dep.wild == true' });
    expect(run.glimpse(look(1, { wild: true }), new Set(['other']))).toBe(false);
  });
});
