import { ManualClock } from '../common/manual-clock.js';
import { silentLogger } from '../common/logger.js';
import { Semaphore } from '../common/semaphore.js';
import { labSpecSchema } from '../labs/lab-spec.js';
import { prepareLab } from '../labs/prepared-lab.js';
import { NO_CLUSTER_FACTS } from './facts.js';
import type { Change } from './grading.repository.js';
import { ABSENT, faulted, seen, type Observation } from './observation.js';
import type { ProbeCall } from './probes/calls.js';
import type { Prober } from './probes/prober.js';
import { progressView } from './progress-view.js';
import { RunActor } from './run-actor.js';
import { restore } from './run-record.js';
import { Run } from './run.js';

const text = { en: 'x' };
const linkUp = (ifname: string) => ({ match: { lm: [{ ifname }] } });

function lab(objectives: object[], more: object = {}) {
  return prepareLab(
    labSpecSchema.parse({
      apiVersion: 'wheelhouse/v1',
      kind: 'Lab',
      id: 'engine',
      version: '1.0.0',
      title: text,
      locales: ['en', 'fr'],
      duration: '30m',
      sandbox: { cluster: {}, requires: ['netns', 'kube.watch', 'kube.logs'] },
      observe: {
        lm: { 'netns.links': { ns: 'main' } },
        dep: { 'kube.get': { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'web' } },
        log: { 'kube.logs': { pod: 'web' } },
      },
      objectives: objectives.map((o) => ({ title: text, weight: 2, ...o })),
      ...more,
    }),
  );
}

/** A sandbox that shows what the test says, and an actor whose clock the test moves. */
function begin(prepared: ReturnType<typeof lab>) {
  const clock = new ManualClock(1_000_000);
  const world = {
    shown: { lm: seen([]), dep: seen(null), log: seen([]) } as Record<string, Observation>,
    asked: [] as ProbeCall[],
    saves: [] as Change[],
    looks: 0,
    paused: false,
    broken: false,
  };
  const prober: Prober = {
    look: (calls) => {
      world.looks++;
      return Promise.resolve(
        Object.fromEntries(Object.keys(calls).map((name) => [name, world.shown[name]!])),
      );
    },
    act: (call) => {
      world.asked.push(call);
      return Promise.resolve(world.shown['log']!);
    },
    glance: () => ({}),
    facts: () => NO_CLUSTER_FACTS,
    inventions: () => [],
    watch: () => Promise.resolve(),
    rest: () => undefined,
    close: () => undefined,
  };
  let ids = 0;
  const run = new Run(prepared, clock.monotonic());
  const actor = new RunActor(run, { tenantId: 't', sandboxId: 's', userId: 'u' }, {}, null, {
    clock,
    logger: silentLogger,
    prober,
    helpers: new Semaphore(1),
    save: (change) => {
      if (world.broken) return Promise.reject(new Error('the database is away'));
      world.saves.push(structuredClone(change));
      return Promise.resolve();
    },
    newEvidenceId: () => `evd_${ids++}`,
    onChange: () => undefined,
    isPaused: () => world.paused,
  });
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 50) {
      clock.advance(Math.min(50, left));
      for (let i = 0; i < 60; i++) await Promise.resolve();
    }
  };
  const state = (id: string): string => run.of(id).memory.state;
  const view = (locale = 'en') =>
    progressView(
      { run, sandboxId: 's', now: actor.now(), wall: clock.now(), frozen: actor.store.frozen },
      locale,
    );
  const events = () => world.saves.flatMap(({ events: told }) => told.map(({ type }) => type));
  actor.start();
  return { clock, world, actor, run, pass, state, view, events };
}

const FAULT = faulted('platform', 'timeout', 'x');

describe('the freeze', () => {
  it('asks for half a minute more for what cannot be judged, and judges nothing else meanwhile', async () => {
    const { world, actor, pass, state, events } = begin(
      lab([
        { id: 'linked', assert: linkUp('a') },
        { id: 'deployed', assert: { match: { dep: { ok: true } } } },
      ]),
    );
    world.shown['dep'] = FAULT;
    await pass(11_000);
    expect([state('linked'), state('deployed')]).toEqual(['pending', 'error']);
    const frozen = actor.freeze();
    await pass(5000);
    world.shown['lm'] = seen([{ ifname: 'a' }]);
    await pass(10_000);
    expect(actor.frozenAt).toBeNull();
    world.shown['dep'] = seen({ ok: true });
    await pass(30_000);
    await frozen;
    // Too late for the one, in time for the other: the fault was ours.
    expect([state('linked'), state('deployed')]).toEqual(['pending', 'passed']);
    expect(actor.store.frozen).toMatchObject({ cause: 'asked', provisional: false });
    expect(events().filter((type) => type === 'run.frozen')).toHaveLength(1);
  });

  it('leaves out of the maximum what could not be judged even then, until a person confirms', async () => {
    const { world, actor, pass, view, state } = begin(
      lab([
        { id: 'linked', assert: linkUp('a') },
        { id: 'deployed', assert: { match: { dep: { ok: true } } } },
      ]),
    );
    world.shown['lm'] = seen([{ ifname: 'a' }]);
    world.shown['dep'] = FAULT;
    await pass(11_000);
    expect(await actor.deeds.confirm({ by: 'x', actor: 'x' })).toBe('The score is not frozen yet.');
    const frozen = actor.freeze();
    await pass(60_000);
    await frozen;
    expect(state('deployed')).toBe('error');
    expect(view()).toMatchObject({
      score: { points: 2, max: 2, fraction: 1 },
      provisional: true,
      confirmed: null,
    });
    expect(world.saves.at(-1)!.frozen).toMatchObject({ provisional: true, points: 2, max: 2 });
    expect(await actor.deeds.confirm({ by: 'Ms Noether', actor: 'key' })).toBeUndefined();
    expect(view()).toMatchObject({ provisional: false, confirmed: { by: 'Ms Noether' }, score: { max: 2 } });
    expect(await actor.deeds.confirm({ by: 'x', actor: 'x' })).toMatch(/was confirmed by Ms Noether/);
  });

  it('is no longer provisional once a person decided about what could not be judged', async () => {
    const { world, actor, pass, view } = begin(
      lab([{ id: 'deployed', assert: { match: { dep: { ok: true } } } }]),
    );
    world.shown['dep'] = FAULT;
    await pass(11_000);
    const frozen = actor.freeze();
    await pass(60_000);
    await frozen;
    await actor.deeds.decide('deployed', { state: 'failed', by: 'x', actor: 'x', reason: 'seen' });
    expect(view()).toMatchObject({ score: { points: 0, max: 2 }, provisional: false });
    expect(world.saves.at(-1)!.events.map(({ type }) => type)).toEqual([
      'objective.override',
      'score.changed',
    ]);
  });

  it('takes what was seen last when the sandbox goes, and waits for a database that is away', async () => {
    const { world, actor, pass, state } = begin(lab([{ id: 'linked', assert: linkUp('a') }]));
    world.shown['lm'] = seen([{ ifname: 'a' }]);
    await pass(1000);
    expect(state('linked')).toBe('passed');
    world.broken = true;
    const ended = actor.end('time-over');
    await pass(1500);
    world.broken = false;
    await pass(3000);
    await ended;
    expect(world.saves.at(-1)).toMatchObject({ frozen: { cause: 'time-over', points: 2 } });
    expect(world.saves.flatMap((c) => c.events).filter(({ type }) => type === 'run.frozen')).toHaveLength(1);
  });
});

describe('what must never be', () => {
  const never = [{ id: 'kept', assert: linkUp('z'), never: { cel: 'dep == null' }, retry: 1 }];

  it('is not tripped by a cluster that the learner stopped, but by what is gone from one that runs', async () => {
    const { world, pass, state, view } = begin(lab(never));
    world.shown['dep'] = ABSENT;
    await pass(3000);
    expect(state('kept')).toBe('pending');
    world.shown['dep'] = seen({ ok: true });
    await pass(1000);
    world.shown['dep'] = seen(null);
    await pass(6000);
    expect(state('kept')).toBe('failed');
    expect(view().objectives[0]!.explanation!.text).toMatch(/the Deployment web/);
    expect(view('fr').objectives[0]!.explanation!.text).toMatch(/le Deployment web/);
  });

  it('is told of again after a restart, with what was seen then', async () => {
    const { world, pass, run, clock } = begin(lab(never));
    await pass(1000);
    expect(run.of('kept').fall).toMatchObject({ by: 'never' });
    const rows = world.saves.flatMap((c) => c.objectives);
    const time = { now: clock.monotonic(), wall: clock.now() };
    const again = restore([rows.at(-1)!], time).get('kept')!;
    expect(again).toMatchObject({ memory: { state: 'failed' }, told: 'failed', fall: run.of('kept').fall });
    expect(again.failure).toEqual(run.of('kept').failure);
  });
});

describe('a pause by the platform', () => {
  it('looks at nothing, is nobody’s mistake and no error, and its time counts against nobody', async () => {
    const { world, pass, state, run } = begin(
      lab([
        { id: 'timed', within: { for: '10s' }, assert: linkUp('a') },
        { id: 'held', stableFor: '5s', assert: linkUp('b') },
      ]),
    );
    world.shown['lm'] = seen([{ ifname: 'b' }]);
    await pass(4000);
    expect(state('held')).toBe('holding');
    world.paused = true;
    world.shown['lm'] = FAULT;
    const { looks } = world;
    await pass(60_000);
    expect(world.looks).toBe(looks);
    world.paused = false;
    world.shown['lm'] = seen([{ ifname: 'b' }]);
    await pass(3000);
    expect([state('timed'), state('held')]).toEqual(['pending', 'holding']);
    expect(run.of('timed').memory.spentMs).toBeLessThan(10_000);
    await pass(10_000);
    expect([state('timed'), state('held')]).toEqual(['failed', 'passed']);
  });
});

describe('since', () => {
  const logged = { cel: "log.exists(l, l.lines.exists(x, x == 'hit'))" };

  it('asks for logs from the moment that the lab names, for this objective alone', async () => {
    const { world, pass, state, clock, run } = begin(
      lab([
        { id: 'first', assert: linkUp('a') },
        { id: 'any', assert: logged },
        { id: 'later', needs: ['first'], since: 'first', assert: logged },
      ]),
    );
    await pass(3000);
    expect(world.asked.every((call) => call.notBefore === undefined)).toBe(true);
    world.shown['lm'] = seen([{ ifname: 'a' }]);
    await pass(4000);
    const passedAt = clock.now() - (clock.monotonic() - run.of('first').passedAt!);
    const own = world.asked.filter((call) => call.notBefore !== undefined);
    expect(new Set(own.map((call) => Math.round(call.notBefore!.getTime() - passedAt)))).toEqual(
      new Set([0]),
    );
    world.shown['log'] = seen([{ pod: 'web', lines: ['hit'] }]);
    await pass(5000);
    expect([state('any'), state('later')]).toEqual(['passed', 'passed']);
    const evidence = world.saves.flatMap((c) => c.evidence).find(({ body }) => body.objective === 'later')!;
    expect(evidence.body.observations).toHaveProperty('log');
  });
});

describe('a clock of its own', () => {
  it('fails an objective that is blocked, too, once what starts it was passed', async () => {
    const { world, pass, state, view } = begin(
      lab([
        { id: 'first', assert: linkUp('a') },
        { id: 'gate', assert: linkUp('b') },
        { id: 'timed', needs: ['gate'], within: { from: 'first', for: '20s' }, assert: linkUp('c') },
      ]),
    );
    await pass(60_000);
    expect([state('timed'), view().objectives[2]!.dueAt]).toEqual(['blocked', null]);
    world.shown['lm'] = seen([{ ifname: 'a' }]);
    await pass(6000);
    expect(view().objectives[2]!.dueAt).not.toBeNull();
    await pass(15_000);
    expect(state('timed')).toBe('failed');
    expect(view('fr').objectives[2]!.explanation!.text).toBe(
      'Le temps prévu pour cet objectif (20 s) est écoulé.',
    );
  });
});
