import { ManualClock } from '../../common/manual-clock.js';
import { silentLogger } from '../../common/logger.js';
import type { ClusterDriver } from '../../drivers/cluster-driver.js';
import { FakeApi } from '../../kube/fake-api.js';
import type { ClusterPhase, LiveSandbox } from '../../sandbox/live-sandbox.js';
import { parseCall, type ProbeCall } from '../probes/calls.js';
import type { ClusterView } from '../probes/cluster-view.js';
import { ClusterFollower } from './cluster-follower.js';
import { ClusterSession } from './cluster-session.js';

const parsed = parseCall({ 'kube.get': { apiVersion: 'v1', kind: 'ConfigMap', name: 'x' } });
const CALL = (parsed as { call: ProbeCall }).call;

const live = (phase: ClusterPhase): LiveSandbox => ({
  id: 'sb_0123456789',
  tenantId: 't',
  userId: 'u',
  labSlug: 'l',
  labVersionId: 'v',
  attempt: 2,
  initPid: 0,
  cluster: { nodes: 1, phase },
  paused: false,
  seed: 's',
  draw: null,
  readyAt: new Date(0),
  expiresAt: new Date(8.64e15),
});

describe("a follower of a sandbox's cluster", () => {
  let api: FakeApi;
  let clock: ManualClock;
  let shown: ClusterView[];
  let asked: string[];
  let failing: boolean;
  let follower: ClusterFollower;

  beforeEach(async () => {
    api = await FakeApi.start();
    api.put('configmaps', { metadata: { name: 'x', namespace: 'default' } });
    clock = new ManualClock(1_000_000);
    shown = [];
    asked = [];
    failing = false;
    follower = make(driver());
  });

  afterEach(async () => {
    follower.close();
    shown.at(-1)?.close();
    await api.stop();
  });

  function make(of: ClusterDriver | undefined): ClusterFollower {
    return new ClusterFollower({
      driver: of,
      admin: false,
      calls: [CALL],
      clock,
      logger: silentLogger,
      show: (view) => {
        shown.at(-1)?.close();
        shown.push(view);
      },
    });
  }

  function driver(): ClusterDriver {
    const made = {
      inspect: (id: string) => {
        asked.push(`inspect ${id}`);
        if (failing) return Promise.reject(new Error('the engine is away'));
        const nodes = [{ name: 'n', address: '10.0.0.3', initPid: 0, cgroup: '' }];
        return Promise.resolve({ attempt: 2, state: 'running' as const, nodes });
      },
      access: (id: string, attempt: number, who: string) => {
        asked.push(`access ${id} ${attempt} ${who}`);
        return Promise.resolve({ ...api.access, expiresAt: new Date(clock.now() + 3_600_000) });
      },
    };
    return made as unknown as ClusterDriver;
  }

  /** The fake driver answers at once: a few turns of promises are all that it takes. */
  const settle = async () => {
    for (let i = 0; i < 50; i++) await Promise.resolve();
  };
  const answer = async () => (await shown.at(-1)!.look({ x: CALL }))['x']!;

  it.each<ClusterPhase>(['hidden', 'stopped', 'deleted', 'making'])(
    'sees nothing while it is %s',
    async (phase) => {
      follower.follow(live(phase));
      await settle();
      expect(await answer()).toMatchObject({ value: null, fault: null });
      expect(asked).toEqual([]);
    },
  );

  it('asks the driver for the grader alone, by the name in the kernel and the attempt', async () => {
    follower.follow(live('running'));
    await settle();
    expect(asked).toEqual(['inspect 0123456789', 'access 0123456789 2 grader']);
    expect(shown.at(-1)).toBeInstanceOf(ClusterSession);
    expect(await answer()).toMatchObject({ fault: null, value: { metadata: { name: 'x' } } });
  });

  it('says that it is connecting, and that this is ours, until it is', async () => {
    failing = true;
    follower.follow(live('running'));
    expect((await answer()).fault).toMatchObject({ cause: 'platform', code: 'connecting' });
    await settle();
    failing = false;
    clock.advance(300);
    await settle();
    expect(shown.at(-1)).toBeInstanceOf(ClusterSession);
  });

  it('lets go of a cluster that was stopped, also in the middle of connecting to it', async () => {
    follower.follow(live('running'));
    follower.follow(live('stopped'));
    await settle();
    expect(shown.some((view) => view instanceof ClusterSession)).toBe(false);
    expect(await answer()).toMatchObject({ value: null, fault: null });
    expect(api.watches).toBe(0);
  });

  it('begins anew with a fresh cluster', async () => {
    follower.follow(live('running'));
    await settle();
    const first = shown.at(-1);
    follower.follow(live('running'));
    await settle();
    expect(shown.at(-1)).toBeInstanceOf(ClusterSession);
    expect(shown.at(-1)).not.toBe(first);
  });

  it('renews its credential before that ends', async () => {
    follower.follow(live('running'));
    await settle();
    asked.length = 0;
    clock.advance(51 * 60_000);
    await settle();
    expect(asked).toContain('access 0123456789 2 grader');
  });

  it('says that there is no driver, as a fault of ours', async () => {
    follower = make(undefined);
    follower.follow(live('running'));
    expect((await answer()).fault).toMatchObject({ cause: 'platform' });
  });
});
