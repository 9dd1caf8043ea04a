import { type CohortRules, noCohorts } from '../../src/sandbox/cohort-rules.js';
import { CoreRig } from '../support/core-rig.js';

const MINUTE = 60_000;
const ROOM = { WHEELHOUSE_BUDGET_MEMORY: '20GiB', WHEELHOUSE_BUDGET_PIDS: '100000' };

describe('what the core does for a cohort', () => {
  let rig: CoreRig;

  beforeAll(async () => {
    rig = await CoreRig.start();
    await rig.addLab('k8s-scale');
  }, 60_000);
  afterAll(() => rig.stop());

  const open = (cohorts: CohortRules, pool: string) =>
    rig.fresh({ env: { ...ROOM, WHEELHOUSE_POOL: pool }, cohorts });
  const held = () => rig.units.filter((e) => e.row.heldAt !== null && e.row.intent === 'run');
  const ofLab = () => held().filter((e) => e.row.labSlug === 'k8s-scale');

  it('has clusters of its lab warm when the class begins, and keeps none afterwards', async () => {
    const begins = new Date(rig.clock.now() + 60 * MINUTE);
    const prewarm = () => [{ key: 'k8s-scale', count: 3, once: begins }];
    await open({ ...noCohorts, prewarm }, 'auto');
    await rig.until(() => held().length === 1, 10 * MINUTE);
    await rig.pass(20 * MINUTE, 5000);
    expect(ofLab()).toHaveLength(0);
    await rig.until(() => ofLab().length === 3, 40 * MINUTE);
    expect(rig.clock.now()).toBeLessThan(begins.getTime());
    const claimed = await rig.allocate('k8s-scale', 'ada');
    expect(claimed.row.heldAt).toBeNull();
    await rig.until(() => rig.clock.now() > begins.getTime() + 31 * MINUTE, 120 * MINUTE, 5000);
    await rig.until(() => ofLab().length === 0, MINUTE);
  }, 60_000);

  it('ends a sandbox no later than the cohort', async () => {
    const closes = rig.clock.now() + 10 * MINUTE;
    await open({ ...noCohorts, closesAt: () => closes }, 'off');
    const entry = await rig.allocate('k8s-scale', 'bob');
    await rig.ready(entry);
    expect(entry.row.expiresAt?.getTime()).toBe(closes);
    await rig.until(() => entry.row.state === 'released', 12 * MINUTE);
  }, 60_000);
});
