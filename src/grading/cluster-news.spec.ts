import { silentLogger } from '../common/logger.js';
import { ManualClock } from '../common/manual-clock.js';
import { Semaphore } from '../common/semaphore.js';
import { labSpecSchema } from '../labs/lab-spec.js';
import { prepareLab } from '../labs/prepared-lab.js';
import { NO_CLUSTER_FACTS } from './facts.js';
import type { Change } from './grading.repository.js';
import type { Json } from './json.js';
import { faulted, seen, type Observation, type Observations } from './observation.js';
import type { ProbeCall } from './probes/calls.js';
import type { News, Prober } from './probes/prober.js';
import { progressView } from './progress-view.js';
import { RunActor } from './run-actor.js';
import { restoreTrips } from './run-record.js';
import { Run } from './run.js';

const text = { fr: 'Non.', en: 'No.' };
const SPEC = labSpecSchema.parse({
  apiVersion: 'wheelhouse/v1',
  kind: 'Lab',
  id: 'lab',
  version: '1.0.0',
  title: text,
  locales: ['fr', 'en'],
  duration: '10m',
  sandbox: { cluster: {}, requires: ['kube.watch', 'kube.logs'] },
  params: { token: { default: 'abc123', draw: 'token' } },
  observe: {
    dep: { 'kube.get': { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
    log: { 'kube.logs': { pod: 'web' } },
  },
  tripwires: [{ id: 'bad', never: { cel: 'dep.bad == true' }, onTrip: { cost: 0.1 }, text }],
  objectives: [
    { id: 'up', title: text, weight: 2, latch: true, assert: { match: { dep: { up: true } } } },
    { id: 'said', title: text, weight: 2, needs: ['up'], assert: { match: { log: { says: '${token}' } } } },
    {
      id: 'same',
      title: text,
      weight: 1,
      needs: ['up'],
      assert: { cel: "dep.uid == past['start'].dep.uid" },
    },
  ],
});

function setUp(shown: Record<string, Json | Observation>, trips?: Run['trips']) {
  const clock = new ManualClock(1_000_000);
  const world = {
    shown,
    looks: 0,
    acts: 0,
    saves: [] as Change[],
    tell: (() => undefined) as (news: News) => void,
  };
  const observed = (name: string): Observation => {
    const value = world.shown[name] ?? null;
    return typeof value === 'object' && value !== null && 'fault' in value
      ? (value as Observation)
      : seen(value);
  };
  const all = (calls: Record<string, ProbeCall>): Observations =>
    Object.fromEntries(Object.keys(calls).map((name) => [name, observed(name)]));
  const lab = prepareLab(SPEC);
  const prober: Prober = {
    look: (calls) => {
      world.looks++;
      return Promise.resolve(all(calls));
    },
    act: (call) => {
      world.acts++;
      return Promise.resolve(observed(Object.keys(lab.calls).find((name) => lab.calls[name] === call)!));
    },
    glance: all,
    facts: () => NO_CLUSTER_FACTS,
    inventions: () => [],
    watch: (onNews) => {
      world.tell = onNews;
      return Promise.resolve();
    },
    rest: () => undefined,
    close: () => undefined,
  };
  const run = new Run(lab, clock.monotonic(), new Map(), trips);
  let ids = 0;
  const actor = new RunActor(run, { tenantId: 't', sandboxId: 's', userId: 'u' }, {}, null, {
    clock,
    logger: silentLogger,
    prober,
    helpers: new Semaphore(1),
    save: (change) => {
      world.saves.push(change);
      return Promise.resolve();
    },
    newEvidenceId: () => `evd_${ids++}`,
    onChange: () => undefined,
  });
  actor.attached(1);
  actor.start();
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 10) {
      clock.advance(Math.min(10, left));
      for (let i = 0; i < 40; i++) await Promise.resolve();
    }
  };
  const event = (...touched: string[]): void =>
    world.tell({
      source: 'cluster',
      touches: (call) => touched.some((name) => lab.calls[name]!.probe === call.probe),
    });
  const events = (type: string) => world.saves.flatMap((s) => s.events.filter((e) => e.type === type));
  const view = () =>
    progressView({ run, sandboxId: 's', now: clock.monotonic(), wall: clock.now(), frozen: null }, 'en');
  return { clock, world, run, pass, event, events, view, state: (id: string) => run.of(id).memory.state };
}

describe('news of a cluster', () => {
  it('are looked at 150 ms later, many at once', async () => {
    const { world, pass, event, state } = setUp({});
    await pass(1000);
    const before = world.looks;
    world.shown = { dep: { up: true } };
    for (let i = 0; i < 5; i++) {
      event('dep');
      await pass(20);
    }
    await pass(120);
    expect(world.looks).toBe(before);
    await pass(50);
    expect([world.looks - before, state('up')]).toEqual([1, 'passed']);
  });

  it('that concern nothing of the lab are not looked at', async () => {
    const { world, pass, event } = setUp({});
    await pass(1000);
    const before = world.looks;
    event();
    await pass(1000);
    expect(world.looks).toBe(before);
  });

  it('trip a wire by a moment that is over before the look, and that is stored and told of', async () => {
    const { world, pass, event, events, run, view } = setUp({ dep: { up: true } });
    await pass(1000);
    expect(view().trips).toEqual([]);
    world.shown = { dep: { up: true, bad: true } };
    event('dep');
    world.shown = { dep: { up: true } };
    event('dep');
    await pass(500);
    expect(run.trips.has('bad')).toBe(true);
    expect(events('tripwire.tripped')).toMatchObject([
      { payload: { tripwire: 'bad', onTrip: { cost: 0.1 }, evidenceId: expect.any(String) } },
    ]);
    const stored = world.saves.flatMap((s) => s.trips);
    expect(stored).toMatchObject([{ id: 'bad' }]);
    expect(view()).toMatchObject({
      trips: [{ id: 'bad', text: 'No.', effect: 'cost', cost: 0.1 }],
      score: { points: 1.5 },
    });
    // After a restart of the service it still counts.
    const again = setUp({ dep: { up: true } }, restoreTrips(stored, { now: 5, wall: Date.now() }));
    await again.pass(1000);
    expect(again.events('tripwire.tripped')).toEqual([]);
    expect(again.view().trips).toHaveLength(1);
  });

  it('let a log be read again at once, and nothing is read before its objective is open', async () => {
    const { world, pass, event, state } = setUp({});
    await pass(5000);
    expect(world.acts).toBe(0);
    world.shown = { dep: { up: true, uid: 1 } };
    event('dep');
    await pass(400);
    expect(state('said')).toBe('pending');
    expect(world.acts).toBeGreaterThan(0);
    await pass(3000);
    world.shown = { ...world.shown, log: { says: 'abc123' } };
    event('log');
    await pass(900);
    expect(state('said')).toBe('passed');
  });

  it('never show what the learner is to find out', async () => {
    const { world, pass, view } = setUp({ dep: { up: true }, log: { says: 'something' } });
    await pass(5000);
    expect(view().objectives.find((o) => o.id === 'said')!.explanation).toMatchObject({
      expected: '[redacted]',
    });
    world.shown = { ...world.shown, log: { says: 'abc123' } };
    await pass(9000);
    expect(JSON.stringify([view(), world.saves])).not.toContain('abc123');
  });

  it('that could not be read at the start do not make the start', async () => {
    const connecting = faulted('platform', 'connecting', '');
    const { world, pass, state } = setUp({ dep: connecting });
    await pass(2000);
    world.shown = { dep: { up: true, uid: 7 } };
    await pass(7000);
    expect(state('same')).toBe('passed');
  });
});
