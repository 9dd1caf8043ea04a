import { labSpecSchema } from '../labs/lab-spec.js';
import { prepareLab } from '../labs/prepared-lab.js';
import { NO_CLUSTER_FACTS } from './facts.js';
import { faulted, seen, type Observation } from './observation.js';
import { Run, type Look } from './run.js';

const text = { fr: 'x', en: 'x' };
const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'web' };

function runOf(objective: object): Run {
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
    objectives: [{ id: 'it', title: text, weight: 1, ...objective }],
  });
  return new Run(prepareLab(spec), 0);
}

function look(now: number, dep: Observation): Look {
  return { now, passive: { dep }, active: {}, past: {}, sandbox: NO_CLUSTER_FACTS, acted: false };
}

const up = (ready: number): Observation => seen({ status: { readyReplicas: ready } });
const TOUCHED = new Set(['dep']);
const HOLD = { stableFor: '5s', assert: { match: { dep: { status: { readyReplicas: 2 } } } } };

describe('a hold', () => {
  it('begins again when an event between two looks shows that it was broken', () => {
    const run = runOf(HOLD);
    const state = (): string => run.of('it').memory.state;
    for (let now = 0; now <= 12_000; now += 400) {
      run.apply(look(now, up(2)));
      // Somebody writes the status, the controller puts it right, and it is written again before the next look.
      if (now > 0 && now % 2000 === 0) expect(run.glimpse(look(now + 100, up(0)), TOUCHED)).toBe(true);
    }
    expect(state()).toBe('holding');
    for (let now = 12_400; now <= 18_000; now += 400) run.apply(look(now, up(2)));
    expect(state()).toBe('passed');
  });

  it('is broken neither by events that show nothing else, nor by what we could not see', () => {
    const run = runOf(HOLD);
    run.apply(look(0, up(2)));
    expect(run.glimpse(look(100, up(2)), TOUCHED)).toBe(false);
    expect(run.glimpse(look(200, faulted('platform', 'paused', 'x')), TOUCHED)).toBe(false);
    expect(run.glimpse(look(300, up(0)), new Set(['other']))).toBe(false);
    run.apply(look(5000, up(2)));
    expect(run.of('it').memory.state).toBe('passed');
  });
});

describe('a negation', () => {
  it('is not won by making unreadable what it denies, and that is flagged once', () => {
    const run = runOf({ assert: { not: HOLD.assert } });
    const hidden = faulted('tenant', 'stopped', 'x');
    expect(run.apply(look(0, hidden)).flags).toEqual([{ flag: 'unreadable', subject: 'it' }]);
    expect(run.apply(look(400, hidden)).flags).toEqual([]);
    expect(run.of('it').memory.state).toBe('pending');
  });

  it('is not needed for what only has to be', () => {
    const run = runOf({ assert: HOLD.assert });
    expect(run.apply(look(0, faulted('tenant', 'stopped', 'x'))).flags).toEqual([]);
  });
});
