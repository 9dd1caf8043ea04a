import type { ClusterDriver } from '../../src/drivers/cluster-driver.js';
import { DriverError } from '../../src/drivers/driver-error.js';
import { inTime, makeCluster } from '../support/kind-lab.js';

export interface ClusterSubject {
  driver: ClusterDriver;
  remove(): Promise<void>;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  return error instanceof DriverError ? error.code : `no DriverError but ${String(error)}`;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} } as never;
/** Real clusters take their time, and the machine may be busy. */
const LONG_MS = 240_000;

/** What every driver of clusters promises. The tests build on one another, as real clusters are dear. */
export function clusterDriverContract(make: () => Promise<ClusterSubject>): void {
  let subject: ClusterSubject;
  let driver: ClusterDriver;

  beforeAll(async () => {
    subject = await make();
    driver = subject.driver;
    await driver.preflight();
  }, LONG_MS);

  afterAll(() => subject?.remove(), LONG_MS);

  it('plans without touching anything, and the same for the same input', async () => {
    const names = (nodes: number) => driver.plan('aaaa', 1, { nodes }).steps.map((step) => step.name);
    expect(names(1)).toEqual(names(1));
    expect(names(1)).toContain('cluster.network');
    const [one, three] = [1, 3].map((nodes) => driver.plan('aaaa', 1, { nodes }).cost);
    expect(three!.reserve.memMiB).toBe(3 * one!.reserve.memMiB);
    expect(one!.limit.memMiB).toBeGreaterThanOrEqual(one!.reserve.memMiB);
    expect(driver.base).toMatch(/^[a-z0-9-]{1,40}$/);
    expect(await driver.list(inTime())).toEqual([]);
  });

  it('refuses what cannot be', () => {
    for (const nodes of [0, 4, 1.5]) {
      expect(() => driver.plan('aaaa', 1, { nodes })).toThrow(DriverError);
    }
    expect(() => driver.plan('UPPER', 1, { nodes: 1 })).toThrow(/invalid_spec/);
    expect(() => driver.plan('elevenchars', 1, { nodes: 1 })).toThrow(/invalid_spec/);
    expect(() => driver.plan('aaaa', 10, { nodes: 1 })).toThrow(/invalid_spec/);
  });

  it('reports findings rather than rejecting', async () => {
    for (const finding of await driver.preflight()) {
      expect(finding).toMatchObject({
        code: expect.any(String),
        level: expect.stringMatching(/^(ok|warn)$/),
      });
    }
  });

  it('knows nothing of a cluster that never was, and destroys it', async () => {
    expect(await driver.inspect('neverwas', inTime())).toBeUndefined();
    await driver.destroy('neverwas', inTime());
    expect(driver.activityAt('neverwas', 1)).toBeUndefined();
    expect(await codeOf(driver.access('neverwas', 1, 'grader', inTime()))).toBe('not_found');
    expect(await codeOf(driver.setPaused('neverwas', 1, true, inTime()))).toBe('not_found');
  });

  it('lists a half-made one, keeps attempts apart, and destroys both', async () => {
    const facts = await makeCluster(driver, { id: 'aaab', until: 'cluster.create' });
    expect(await makeCluster(driver, { id: 'aaab', until: 'cluster.create' })).toEqual(facts);
    await makeCluster(driver, { id: 'aaab', attempt: 2, until: 'cluster.create' });
    const network = { bridge: 'whbaaab1', hostCidr: facts['hostCidr'] };
    expect(facts).toMatchObject({ bridge: 'whbaaab1', hostCidr: expect.stringMatching(/\.\d+\/26$/) });
    expect(await driver.inspect('aaab', inTime())).toMatchObject({
      attempt: 2,
      state: 'creating',
      nodes: [],
    });
    const found = await driver.list(inTime());
    expect(found).toHaveLength(2);
    expect(found).toContainEqual(expect.objectContaining({ id: 'aaab', attempt: 1, network }));
    expect(await codeOf(driver.access('aaab', 1, 'learner', inTime()))).toBe('not_found');
    await driver.destroy('aaab', inTime());
    expect(await driver.list(inTime())).toEqual([]);
  });

  it('undoes steps in reverse, also those that never ran', async () => {
    await makeCluster(driver, { id: 'aaac', until: 'cluster.create' });
    for (const attempt of [1, 2]) {
      for (const step of driver.plan('aaac', attempt, { nodes: 1 }).steps.toReversed()) {
        await step.undo({ ...inTime(), id: 'aaac', attempt, facts: {}, note: () => {}, logger: silent });
      }
    }
    expect(await driver.list(inTime())).toEqual([]);
  });

  it(
    'makes a cluster, and ends the same when each step runs twice',
    async () => {
      const facts = await makeCluster(driver, { id: 'aaad' });
      const seen = await driver.inspect('aaad', inTime());
      expect(seen).toMatchObject({
        attempt: 1,
        state: 'running',
        network: { bridge: facts['bridge'], hostCidr: facts['hostCidr'] },
      });
      expect(seen?.nodes).toHaveLength(1);
      expect(seen?.nodes[0]).toMatchObject({
        name: 'wh-aaad-1-control-plane',
        address: expect.stringMatching(/^(\d+\.){3}\d+$/),
        cgroup: expect.stringMatching(/^\//),
      });
      expect(seen?.nodes[0]?.initPid).toBeGreaterThan(1);
      expect(await makeCluster(driver, { id: 'aaad' })).toEqual(facts);
      expect(await driver.list(inTime())).toEqual([{ id: 'aaad', ...seen }]);
      expect(driver.activityAt('aaad', 1)).toBeUndefined();
    },
    LONG_MS,
  );

  it('gives a credential of its own to every call', async () => {
    const seen = await driver.inspect('aaad', inTime());
    const given = await Promise.all(
      (['learner', 'learner', 'admin', 'grader'] as const).map((who) =>
        driver.access('aaad', 1, who, inTime()),
      ),
    );
    for (const key of ['user', 'cert', 'key'] as const) {
      expect(new Set(given.map((access) => access[key])).size).toBe(4);
    }
    for (const access of given) {
      expect(access.server).toBe(`https://${seen?.nodes[0]?.address}:6443`);
      expect(access.cert).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
      expect(access.key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
      expect(access.ca).toBe(given[0]!.ca);
      expect(access.expiresAt.getTime()).toBeGreaterThan(0);
    }
    expect(await codeOf(driver.access('aaad', 2, 'learner', inTime()))).toBe('not_found');
  });

  it('pauses and resumes, each twice, and gives credentials meanwhile', async () => {
    const before = await driver.inspect('aaad', inTime());
    for (const paused of [true, true, false, false]) {
      await driver.setPaused('aaad', 1, paused, inTime());
      const state = paused ? 'paused' : 'running';
      expect(await driver.inspect('aaad', inTime())).toEqual({ ...before, state });
      expect((await driver.access('aaad', 1, 'grader', inTime())).server).toContain('6443');
    }
  });

  it(
    'destroys a paused one, twice, and beside itself',
    async () => {
      await driver.setPaused('aaad', 1, true, inTime());
      await Promise.all([driver.destroy('aaad', inTime()), driver.destroy('aaad', inTime())]);
      expect(await driver.inspect('aaad', inTime())).toBeUndefined();
      await driver.destroy('aaad', inTime());
      expect(await driver.list(inTime())).toEqual([]);
      expect(await codeOf(driver.access('aaad', 1, 'learner', inTime()))).toBe('not_found');
    },
    LONG_MS,
  );
}
