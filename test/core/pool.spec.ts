import { CoreRig } from '../support/core-rig.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const BUILD_MS = 20_000;
const ROOM = { WHEELHOUSE_BUDGET_MEMORY: '20GiB', WHEELHOUSE_BUDGET_PIDS: '100000' };
/** The pressure of this machine is none of the pool's business here. */
const calm = { cluster: { delays: { 'cluster.create': BUILD_MS } } };

describe('the warm pool', () => {
  let rig: CoreRig;
  let broken: Set<string>;

  beforeAll(async () => {
    rig = await CoreRig.start();
    await rig.addLab('k8s-scale', { setup: () => ['kind: ConfigMap'] });
    await rig.addLab('k8s-create', {
      cluster: { nodes: 1, admin: false, start: 'learner', fidelity: 'any' },
    });
  }, 60_000);
  afterAll(() => rig.stop());

  const open = (pool: string, env: Record<string, string> = {}) => {
    broken = new Set();
    return rig.fresh({
      ...calm,
      env: { ...ROOM, WHEELHOUSE_POOL: pool, ...env },
      api: { answers: (access) => Promise.resolve(!broken.has(access.server)) },
    });
  };
  const held = () => rig.units.filter((e) => e.row.heldAt !== null && e.row.intent === 'run');
  /** The state that a sandbox was inserted with; its row may have gone on since. */
  const begun = async (entry: { row: { id: string } }) =>
    (await rig.events('sandbox.state')).find((e) => e.sandboxId === entry.row.id)?.payload.state;
  const warm = (n: number) => rig.until(() => held().length === n, 10 * MINUTE);

  it('claims a warm unit of any lab: the id stays, the set-up follows', async () => {
    await open('any=1');
    await warm(1);
    const unit = held()[0]!;
    expect(rig.applied).toEqual([]);
    const claimed = await rig.allocate('k8s-scale', 'ada');
    await rig.ready(claimed);
    expect(claimed).toBe(unit);
    expect(claimed.row).toMatchObject({ state: 'ready', labSlug: 'k8s-scale', clusterPhase: 'running' });
    expect(rig.applied).toEqual([['kind: ConfigMap']]);
    expect(rig.published(claimed, 'kubeconfig')).toContain('learner');
    await warm(1);
    expect(held()[0]).not.toBe(unit);
  }, 60_000);

  it('sets a unit of one lab up while it is warm', async () => {
    await open('k8s-scale=1');
    await warm(1);
    expect(rig.applied).toHaveLength(1);
    const claimed = await rig.allocate('k8s-scale', 'ada');
    await rig.ready(claimed);
    expect([claimed.row.state, rig.applied.length]).toEqual(['ready', 1]);
  }, 60_000);

  it('lets a learner-started lab begin without a cluster to be seen', async () => {
    await open('any=1');
    await warm(1);
    const claimed = await rig.allocate('k8s-create', 'ada');
    await rig.ready(claimed);
    expect(claimed.row).toMatchObject({ state: 'ready', clusterPhase: 'hidden' });
    expect(rig.published(claimed, 'kubeconfig')).toBeUndefined();
  }, 60_000);

  it('keeps some running and pauses the rest; a paused one is resumed by its claim', async () => {
    await open('any=3', { WHEELHOUSE_POOL_RUNNING: '1' });
    await warm(3);
    await rig.pass(5000);
    const states = async () => (await rig.clusters.list(rig.call())).map((c) => c.state).sort();
    expect(await states()).toEqual(['paused', 'paused', 'running']);
    const users = await Promise.all(['ada', 'grace'].map((user) => rig.allocate('k8s-scale', user)));
    await rig.pass(1000);
    expect(users.map((e) => [e.row.state, e.made.paused])).toEqual([
      ['ready', false],
      ['ready', false],
    ]);
  }, 60_000);

  it('gives one unit to one learner, however many ask at once', async () => {
    await open('any=1');
    await warm(1);
    const unit = held()[0]!;
    const twice = await Promise.all([rig.allocate('k8s-scale', 'ada'), rig.allocate('k8s-scale', 'ada')]);
    expect(twice[0]).toBe(twice[1]);
    const others = await Promise.all(['b', 'c', 'd'].map((user) => rig.allocate('k8s-scale', user)));
    const all = [twice[0], ...others];
    expect(new Set(all.map((e) => e.row.id)).size).toBe(4);
    expect(all.filter((e) => e === unit)).toHaveLength(1);
  }, 60_000);

  it('hands out one that is still being made, rather than begin another', async () => {
    await open('any=1');
    await rig.until(() => rig.units.length === 1, MINUTE);
    const unit = rig.units[0]!;
    const claimed = await rig.allocate('k8s-scale', 'ada');
    expect(claimed).toBe(unit);
    expect(claimed.row.state).toBe('provisioning');
    await rig.until(() => claimed.row.state === 'ready', MINUTE);
  }, 60_000);

  it('passes over broken units, and makes one when three were broken', async () => {
    await open('any=4', { WHEELHOUSE_POOL_RUNNING: '9' });
    await warm(4);
    for (const unit of held())
      broken.add((await rig.clusters.access(unit.row.id.slice(3), 1, 'grader', rig.call())).server);
    const units = held();
    for (const unit of units) unit.made.answeredAt = 0;
    const claimed = await rig.allocate('k8s-scale', 'ada');
    expect(units).not.toContain(claimed);
    expect(units.filter((u) => u.row.intent === 'release')).toHaveLength(3);
    await rig.until(() => claimed.row.state === 'ready', 5 * MINUTE);
  }, 60_000);

  it('stops making what keeps failing, and says until when', async () => {
    await open('any=1');
    rig.clusters.failNext('cluster.create', ...Array.from({ length: 9 }, () => 'command_failed' as const));
    await rig.until(() => rig.core.pool.warm.view()[0]?.pausedUntil != null, 5 * MINUTE);
    const made = (await rig.prisma.pool.query('SELECT count(*)::int AS n FROM "Sandbox"')).rows[0].n;
    await rig.pass(40_000);
    expect((await rig.prisma.pool.query('SELECT count(*)::int AS n FROM "Sandbox"')).rows[0].n).toBe(made);
    expect(made).toBe(3);
    const { rows } = await rig.prisma.pool.query('SELECT DISTINCT state FROM "Sandbox"');
    expect(rows).toEqual([{ state: 'failed' }]);
  }, 60_000);

  it('yields: of its units, as many go as a learner needs the room of, and none is made meanwhile', async () => {
    await open('any=2', { WHEELHOUSE_BUDGET_MEMORY: '5500MiB', WHEELHOUSE_POOL_RUNNING: '9' });
    await warm(2);
    await rig.addLab('k8s-pair', { cluster: { nodes: 2, admin: false, start: 'platform', fidelity: 'any' } });
    const first = await rig.allocate('k8s-pair', 'ada');
    const second = await rig.allocate('k8s-pair', 'grace');
    expect([await begun(first), await begun(second)]).toEqual(['provisioning', 'queued']);
    await rig.until(() => second.row.state === 'ready', 5 * MINUTE);
    const kept = held()[0];
    expect(rig.units.map((e) => e.row.id)).toEqual([kept!.row.id]);
  }, 60_000);

  it('gives a unit that was being made when a queue began to nobody who came later than the queue', async () => {
    await open('any=1', { WHEELHOUSE_BUDGET_MEMORY: '3300MiB' });
    await rig.until(() => rig.units.length === 1, MINUTE);
    const pair = { nodes: 2, admin: false, start: 'platform', fidelity: 'any' } as const;
    await rig.addLab('k8s-pair', { cluster: pair });
    const [ada, grace] = [await rig.allocate('k8s-pair', 'ada'), await rig.allocate('k8s-pair', 'grace')];
    expect([ada.row.state, grace.row.state]).toEqual(['provisioning', 'queued']);
    const late = await rig.allocate('k8s-scale', 'linus');
    expect(late.row.state).toBe('queued');
    await rig.until(() => ada.row.state === 'ready', MINUTE);
    await rig.release(ada);
    await rig.until(() => grace.row.state === 'ready' && late.row.state === 'ready', 5 * MINUTE);
  }, 60_000);

  it('serves nobody whose set-up is drawn from a unit that was set up before, but from one of any lab', async () => {
    await rig.addLab('k8s-drawn', { setup: (draw) => [draw ? 'drawn' : 'own'], drawsSetup: true });
    const allocate = async (user: string, individualise: boolean) => {
      const { view } = await rig.core.service.allocate(rig.platform, {
        lab: 'k8s-drawn',
        user,
        individualise,
        waitMs: 0,
      });
      expect(view.individualised).toBe(individualise);
      return rig.core.living.entries.get(view.id)!;
    };
    await open('k8s-drawn=1');
    await warm(1);
    const [unit] = held();
    const cold = await allocate('ada', true);
    expect(cold).not.toBe(unit);
    await rig.until(() => cold.row.state === 'ready', 5 * MINUTE);
    expect(cold.row.draw).toMatchObject({ seed: cold.row.seed, avoid: ['10.253.0.0/16'] });
    expect(await allocate('bob', false)).toBe(unit);
    await rig.ready(unit!);
    expect([unit!.row.draw, rig.applied]).toEqual([null, [['own'], ['drawn']]]);
    await open('any=1');
    await warm(1);
    const [any] = held();
    expect(await allocate('eve', true)).toBe(any);
    await rig.ready(any!);
    expect(rig.applied).toEqual([['drawn']]);
    // The values are those of the run also for the service that comes next.
    const { draw } = any!.row;
    await rig.restart();
    expect(rig.core.living.entries.get(any!.row.id)!.row.draw).toEqual(draw);
  }, 60_000);

  it('replaces units that are old, or that are of another version of their lab', async () => {
    await open('k8s-scale=1', { WHEELHOUSE_POOL_MAX_AGE: '1h' });
    await warm(1);
    const [first] = held();
    await rig.pass(HOUR + MINUTE, MINUTE);
    await warm(1);
    expect(held()[0]).not.toBe(first);
    const [second] = held();
    await rig.addLab('k8s-scale', { setup: () => ['kind: Secret'] });
    await rig.until(() => held().length === 1 && held()[0] !== second, 5 * MINUTE);
    expect(rig.applied.at(-1)).toEqual(['kind: Secret']);
  }, 60_000);

  it('is ready for a class that the timetable names', async () => {
    const before = new Date(2026, 10, 23, 8, 30);
    rig.clock.advance(Math.max(0, before.getTime() - rig.clock.now()));
    const start = new Date(rig.clock.now() + HOUR);
    const hhmm = `${String(start.getHours()).padStart(2, '0')}:${String(start.getMinutes()).padStart(2, '0')}`;
    await open(`k8s-scale=4@daily ${hhmm}`, { WHEELHOUSE_POOL_RUNNING: '1' });
    await rig.pass(45 * MINUTE, MINUTE);
    expect(rig.units).toHaveLength(0);
    await rig.pass(15 * MINUTE, 5000);
    expect(held()).toHaveLength(4);
    await rig.pass(30 * MINUTE, MINUTE);
    await rig.pass(MINUTE, 2000);
    expect(held()).toHaveLength(0);
  }, 120_000);

  it('takes units over after a restart, and lets go of those that are gone', async () => {
    await open('any=2', { WHEELHOUSE_POOL_RUNNING: '9' });
    await warm(2);
    const [a, b] = held();
    await rig.clusters.destroy(b!.row.id.slice(3), rig.call());
    await rig.restart();
    expect(held().map((e) => e.row.id)).toEqual([a!.row.id]);
    const claimed = await rig.allocate('k8s-scale', 'ada');
    await rig.ready(claimed);
    expect([claimed.row.id, claimed.row.state]).toEqual([a!.row.id, 'ready']);
  }, 60_000);
});
