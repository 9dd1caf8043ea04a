import { readFileSync } from 'node:fs';
import { silentLogger } from '../common/logger.js';
import { ManualClock } from '../common/manual-clock.js';
import { readLabFolder } from '../labs/lab-folder.js';
import { loadLab } from '../labs/lab-loader.js';
import { prepareLab, type PreparedLab } from '../labs/prepared-lab.js';
import type { Change } from './grading.repository.js';
import type { Json } from './json.js';
import { NO_CLUSTER_FACTS } from './facts.js';
import { seen } from './observation.js';
import type { Prober } from './probes/prober.js';
import { RunActor } from './run-actor.js';
import { Run } from './run.js';
import { Semaphore } from '../common/semaphore.js';

const FOLDER = 'labs/net-ovs-two-namespaces';
const PASS = (
  JSON.parse(readFileSync(`${FOLDER}/fixtures/pass-all.json`, 'utf8')) as {
    observations: Record<string, Json>;
  }
).observations;

let lab: PreparedLab;

beforeAll(async () => {
  const loaded = loadLab('net-ovs-two-namespaces', await readLabFolder(FOLDER));
  if (!loaded.ok) throw new Error('the lab does not load');
  lab = prepareLab(loaded.spec);
});

/** A sandbox that shows what the test says, and an actor whose clock the test moves. */
function setUp() {
  const clock = new ManualClock(1_000_000);
  const world = {
    shown: {} as Record<string, Json>,
    acts: 0,
    looks: 0,
    saves: [] as Change[],
    broken: false,
    changes: 0,
  };
  const prober: Prober = {
    look: (calls) => {
      world.looks++;
      return Promise.resolve(
        Object.fromEntries(Object.keys(calls).map((name) => [name, seen(world.shown[name] ?? null)])),
      );
    },
    act: (call) => {
      world.acts++;
      const name = Object.keys(lab.calls).find((n) => lab.calls[n] === call)!;
      return Promise.resolve(seen(world.shown[name] ?? null));
    },
    glance: () => ({}),
    facts: () => NO_CLUSTER_FACTS,
    inventions: () => [],
    watch: () => Promise.resolve(),
    rest: () => undefined,
    close: () => undefined,
  };
  let ids = 0;
  const run = new Run(lab, clock.monotonic());
  const actor = new RunActor(run, { tenantId: 't', sandboxId: 's', userId: 'u' }, {}, null, {
    clock,
    logger: silentLogger,
    prober,
    helpers: new Semaphore(1),
    save: (change) => {
      if (world.broken) return Promise.reject(new Error('the database is away'));
      world.saves.push(change);
      return Promise.resolve();
    },
    newEvidenceId: () => `evd_${ids++}`,
    onChange: () => world.changes++,
  });
  /** Moves the clock in small steps and lets what was started finish after each. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 20) {
      clock.advance(Math.min(20, left));
      for (let i = 0; i < 60; i++) await Promise.resolve();
    }
  };
  const state = (id: string): string => run.of(id).memory.state;
  actor.start();
  return { clock, world, actor, run, pass, state };
}

describe('the actor of a run', () => {
  it('sends no packets before the needs of some objective that asks for them are credited', async () => {
    const { world, pass, state } = setUp();
    world.shown = { ...PASS, ar: [] };
    await pass(3000);
    expect(state('addr-green')).toBe('passed');
    expect(state('ping-red-green')).toBe('blocked');
    expect(world.acts).toBe(0);
    world.shown = PASS;
    await pass(6000);
    expect(state('ping-red-green')).toBe('passed');
    expect(world.acts).toBeGreaterThanOrEqual(2);
  });

  it('looks soon after a newline, and shows a step undone once it has lasted half a second', async () => {
    const { world, pass, state, actor } = setUp();
    world.shown = PASS;
    await pass(1000);
    expect(state('up-red')).toBe('passed');
    world.shown = {
      ...PASS,
      lm: (PASS['lm'] as { ifname: string }[]).map((l) => (l.ifname === 'veth-r' ? { ...l, up: false } : l)),
    };
    actor.enter();
    await pass(400);
    expect(state('up-red')).toBe('passed');
    await pass(300);
    expect(state('up-red')).toBe('regressed');
    world.shown = PASS;
    actor.enter();
    await pass(150);
    expect(state('up-red')).toBe('passed');
  });

  it('is quiet where nothing happens', async () => {
    const { world, pass } = setUp();
    await pass(1000);
    const before = world.looks;
    await pass(60_000);
    expect(world.looks - before).toBeLessThanOrEqual(13);
  });

  it('stores each change of state once, with an event and evidence, and nothing when nothing changed', async () => {
    const { world, pass } = setUp();
    world.shown = PASS;
    await pass(10_000);
    const events = world.saves.flatMap((change) =>
      change.events.map((e) => (e.payload as { objective: string }).objective),
    );
    const passed = world.saves.flatMap((change) =>
      change.evidence.filter((e) => e.body.to === 'passed').map((e) => e.body.objective),
    );
    expect(passed.toSorted()).toEqual(lab.spec.objectives.map((o) => o.id).toSorted());
    expect(new Set(events).size).toBe(lab.spec.objectives.length);
    const saves = world.saves.length;
    await pass(10_000);
    expect(world.saves.length).toBe(saves);
  });

  it('goes on while the database is away, and stores everything when it is back', async () => {
    const { world, pass, state } = setUp();
    world.broken = true;
    world.shown = PASS;
    await pass(3000);
    expect(state('bridge')).toBe('passed');
    expect(world.changes).toBeGreaterThan(0);
    world.broken = false;
    await pass(7000);
    const stored = world.saves.flatMap((change) => change.evidence.map((e) => e.body.objective));
    expect(new Set(stored).size).toBe(lab.spec.objectives.length);
    const ids = world.saves.flatMap((change) => change.evidence.map((e) => e.id));
    expect(ids.length).toBe(new Set(ids).size);
  });

  it('judges no more once it is frozen', async () => {
    const { world, pass, state, actor } = setUp();
    world.shown = { ns: PASS['ns']! };
    const frozen = actor.freeze();
    await pass(5000);
    await frozen;
    expect(actor.frozenAt).not.toBeNull();
    world.shown = PASS;
    actor.enter();
    await pass(10_000);
    expect([state('namespaces'), state('bridge')]).toEqual(['passed', 'pending']);
  });

  it('gives a hint only once it is available, and takes its cost from the score', async () => {
    const { pass, actor, run } = setUp();
    await pass(1000);
    expect(await actor.deeds.takeHint('namespaces', 0)).toMatch(/not available/);
    await pass(121_000);
    expect(await actor.deeds.takeHint('namespaces', 0)).toBeUndefined();
    expect(run.of('namespaces').hintsTaken).toBe(1);
  });
});
