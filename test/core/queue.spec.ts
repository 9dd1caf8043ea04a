import type { Entry } from '../../src/sandbox/living.js';
import { CoreRig } from '../support/core-rig.js';

const MINUTE = 60_000;
const BUILD_MS = 20_000;
/** Room for three: a kind node and its lab host reserve a bit more than 1 GiB. */
const THREE = { WHEELHOUSE_BUDGET_MEMORY: '3300MiB', WHEELHOUSE_BUDGET_PIDS: '100000' };

describe('the queue for clusters', () => {
  let rig: CoreRig;

  beforeAll(async () => {
    rig = await CoreRig.start();
    await rig.addLab('k8s-short', { durationMs: 10 * MINUTE });
    await rig.addLab('k8s-wide', { cluster: { nodes: 3, admin: false, start: 'platform', fidelity: 'any' } });
    await rig.addLab('net-lab', { cluster: null, requires: ['netns'] });
  }, 60_000);
  afterAll(() => rig.stop());
  beforeEach(() => rig.fresh({ env: THREE, cluster: { delays: { 'cluster.create': BUILD_MS } } }), 30_000);

  const waiting = (e: Entry) => rig.core.service.view(e.row).queue;
  const learners = async (n: number, tenant = rig.tenants[0]!) => {
    const all: Entry[] = [];
    for (let i = 0; i < n; i++) all.push(await rig.allocate('k8s-short', `u${tenant.slice(-4)}${i}`, tenant));
    return all;
  };

  it('refuses at once what the machine can never hold, with the numbers', async () => {
    await rig.fresh({ env: { ...THREE, WHEELHOUSE_BUDGET_MEMORY: '3000MiB' } });
    const refused = rig.allocate('k8s-wide', 'ada');
    await expect(refused).rejects.toMatchObject({
      code: 'budget_impossible',
      detail: expect.stringMatching(/memMiB 3\d{3}, at most \d+; this machine has 3000/),
    });
  });

  it('drains 20 learners for 3 clusters in order, and its first word on when was true', async () => {
    const all = await learners(20);
    expect(all.map((e) => e.row.state).filter((s) => s === 'provisioning')).toHaveLength(3);
    const queued = all.slice(3);
    const told = queued.map((e) => ({ e, place: waiting(e)!, at: rig.clock.now() }));
    expect(told.map((t) => t.place.position)).toEqual(Array.from({ length: 17 }, (_, i) => i + 1));
    expect(told[0]!.place.reason).toBe('memMiB');
    const readyAt = new Map<Entry, number>();
    rig.bus.on('sandbox.ready', (live) => {
      const entry = all.find((e) => e.row.id === live.id);
      if (entry) readyAt.set(entry, rig.clock.now());
    });
    await rig.until(() => readyAt.size === 20, 120 * MINUTE, 5000);
    expect(rig.complaints).toEqual([]);
    const times = all.map((e) => readyAt.get(e)!);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const good = told.filter(({ e, place, at }) => {
      const really = (readyAt.get(e)! - at) / 1000;
      const error = Math.abs(place.etaSeconds! - really);
      return error <= Math.max(5, 0.3 * really);
    });
    // The three who did not wait are not counted as right.
    expect(good.length).toBeGreaterThanOrEqual(16);
  }, 120_000);

  it('alternates between tenants, whoever came with more', async () => {
    const many = await learners(8);
    const few = await learners(2, rig.tenants[1]);
    const served: Entry[] = [];
    rig.bus.on('sandbox.ready', (live) => {
      served.push([...many, ...few].find((e) => e.row.id === live.id)!);
    });
    await rig.until(() => served.length === 10, 120 * MINUTE, 5000);
    const place = (e: Entry) => served.indexOf(e);
    expect(place(few[0]!)).toBeLessThanOrEqual(4);
    expect(place(few[1]!)).toBeLessThanOrEqual(6);
  }, 120_000);

  it('tells those who wait when their place changes, and lets them go without a trace', async () => {
    const all = await learners(5);
    await rig.until(() => all[2]!.row.state === 'ready', 5 * MINUTE);
    await rig.pass(3000);
    const [fourth, fifth] = [all[3]!, all[4]!];
    expect(
      (await rig.events('sandbox.queue')).filter((e) => e.sandboxId === fifth.row.id).at(-1)!.payload,
    ).toMatchObject({ position: 2 });
    await rig.release(fourth);
    await rig.pass(3000);
    expect(fourth.row.state).toBe('released');
    expect(waiting(fifth)).toMatchObject({ position: 1 });
    expect(
      (await rig.events('sandbox.queue')).filter((e) => e.sandboxId === fifth.row.id).at(-1)!.payload,
    ).toMatchObject({ position: 1 });
  }, 60_000);

  it('does not let lab hosts wait behind clusters', async () => {
    await learners(6);
    const host = await rig.allocate('net-lab', 'grace');
    await rig.settle();
    expect(host.row.state).toBe('ready');
  });

  it('gives the room of one that is cancelled while it is being made to the next', async () => {
    const all = await learners(4);
    await rig.pass(5000);
    await rig.release(all[0]!);
    await rig.until(() => all[3]!.row.state === 'ready', 10 * MINUTE);
    expect(all[0]!.row.state).toBe('released');
    expect(await rig.clusters.list(rig.call())).toHaveLength(3);
  }, 60_000);
});
