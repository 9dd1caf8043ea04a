import { systemClock } from '../../common/clock.js';
import { silentLogger } from '../../common/logger.js';
import type { ClusterNode } from '../../drivers/cluster-driver.js';
import { FakeApi } from '../../kube/fake-api.js';
import { INFORMER_TIMES } from '../../kube/informer.js';
import type { Observation } from '../observation.js';
import { parseCall, type ProbeCall } from '../probes/calls.js';
import type { News } from '../probes/prober.js';
import { ClusterSession } from './cluster-session.js';
import { NodeHealth } from './node-health.js';

const NODE: ClusterNode = { name: 'n1', address: '10.0.0.3', initPid: 0, cgroup: '/nowhere' };
const TIMES = { ...INFORMER_TIMES, absentMs: 20, backoffMs: { first: 5, most: 20 } };

function call(raw: unknown): ProbeCall {
  const parsed = parseCall(raw);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.call;
}

const CALLS = {
  dep: call({ 'kube.get': { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'web' } }),
  pods: call({
    'kube.list': {
      apiVersion: 'v1',
      kind: 'Pod',
      namespace: 'default',
      ownedBy: { kind: 'Deployment', name: 'web' },
    },
  }),
  all: call({ 'kube.list': { apiVersion: 'v1', kind: 'Pod' } }),
  thing: call({ 'kube.get': { apiVersion: 'example.org/v1', kind: 'Thing', name: 'x' } }),
};
type Name = keyof typeof CALLS;

const controlled = (kind: string, name: string, namespace = 'default') => ({
  namespace,
  ownerReferences: [{ kind, name, uid: `uid-of-${namespace}/${name}`, controller: true }],
});

describe('a session with a cluster', () => {
  let api: FakeApi;
  let session: ClusterSession;
  let news: News[];
  let wake: () => void;

  beforeEach(async () => {
    api = await FakeApi.start();
    api.put('deployments', { metadata: { name: 'web', namespace: 'default' }, spec: { replicas: 1 } });
    api.put('replicasets', { metadata: { name: 'web-1', ...controlled('Deployment', 'web') } });
    api.put('pods', {
      metadata: { name: 'web-1-a', ...controlled('ReplicaSet', 'web-1') },
      spec: { nodeName: 'n1' },
    });
    api.put('pods', { metadata: { name: 'loose', namespace: 'default' }, spec: {} });
    api.put('leases', { metadata: { name: 'n1', namespace: 'kube-node-lease' } });
    open();
  });

  afterEach(async () => {
    session.close();
    await api.stop();
  });

  function open(): void {
    news = [];
    wake = () => undefined;
    session = new ClusterSession({
      access: api.access,
      nodes: [NODE],
      calls: Object.values(CALLS),
      startedAt: new Date(0),
      learner: () => Promise.resolve({ user: 'u', groups: ['g'] }),
      clock: systemClock,
      logger: silentLogger,
      times: TIMES,
    });
    session.watch((n) => {
      news.push(n);
      wake();
    });
  }

  const look = async (name: Name): Promise<Observation> =>
    (await session.look({ [name]: CALLS[name] }))[name]!;
  const names = ({ value }: Observation): string[] =>
    (value as { metadata: { name: string } }[]).map((o) => o.metadata.name);

  async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 10_000; !(await holds());) {
      if (Date.now() > end) throw new Error(`waited in vain; requests were ${api.requests.join(', ')}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 10);
        wake = () => (clearTimeout(timer), resolve());
      });
    }
  }

  it('answers from its watches, at the first look already', async () => {
    const dep = await look('dep');
    expect(dep).toMatchObject({ fault: null, value: { kind: 'Deployment', status: { readyReplicas: 0 } } });
    expect(names(await look('pods'))).toEqual(['web-1-a']);
    expect(names(await look('all'))).toEqual(['loose', 'web-1-a']);
  });

  it('finds what is not there to be nothing, also a kind that the server does not know', async () => {
    expect(await look('thing')).toEqual({ value: null, fault: null });
    api.remove('deployments', 'web', 'default');
    await until(async () => (await look('dep')).value === null);
    await until(async () => names(await look('pods')).length === 0);
  });

  it('tells of each change which questions it touches, and of no other', async () => {
    await look('dep');
    await until(() => api.watches >= 4);
    news.length = 0;
    api.put('pods', { metadata: { name: 'far', namespace: 'elsewhere' }, spec: {} });
    await until(() => news.length > 0);
    const [first] = news as Extract<News, { source: 'cluster' }>[];
    const touched = (Object.keys(CALLS) as Name[]).filter((name) => first!.touches(CALLS[name]));
    expect(touched).toEqual(['all']);
  });

  it('leaves out what claims to be on a node that the sandbox does not have', async () => {
    await look('all');
    api.put('pods', { metadata: { name: 'ghost', namespace: 'default' }, spec: { nodeName: 'invented' } });
    api.put('pods', { metadata: { name: 'zz', namespace: 'default' }, spec: {} });
    await until(async () => names(await look('all')).includes('zz'));
    expect(names(await look('all'))).not.toContain('ghost');
    expect(session.inventions()).toEqual(['Pod default/ghost']);
  });

  it('calls a list with an object that is too large the fault of its maker', async () => {
    await look('all');
    api.put('pods', { metadata: { name: 'big', namespace: 'x' }, spec: { blob: 'x'.repeat(300_000) } });
    await until(async () => (await look('all')).fault !== null);
    expect((await look('all')).fault).toMatchObject({ cause: 'tenant', code: 'too-large' });
    expect((await look('pods')).fault).toBeNull();
  });

  it('says within the timeout that a server is silent, and that it is back', async () => {
    await look('dep');
    api.next(/version/, 'silence', 1);
    const started = performance.now();
    await until(async () => (await look('dep')).fault !== null);
    // The node of this test does not run: that is ours.
    expect((await look('dep')).fault).toMatchObject({ cause: 'platform' });
    expect(performance.now() - started).toBeLessThan(6000);
    await until(async () => (await look('dep')).fault === null);
  }, 20_000);

  it('takes a refusal of the grader for the doing of who rules the node', async () => {
    session.close();
    api.next(/deployments/, { status: 403, body: { message: 'no' } }, 1000);
    open();
    await until(async () => (await look('dep')).fault?.code === 'refused');
    expect((await look('dep')).fault).toMatchObject({ cause: 'tenant' });
  });

  it('has no answer before the first lists, and says that this is ours', async () => {
    session.close();
    api.next(/limit=/, 'silence', 100);
    open();
    expect((await look('dep')).fault).toMatchObject({ cause: 'platform', code: 'connecting' });
  });

  it('knows at a glance what its watches know, and nothing else', async () => {
    await look('dep');
    const api2 = call({ 'kube.api': { path: '/version' } });
    const seen = session.glance({ dep: CALLS.dep, api: api2 });
    expect(seen['dep']).toMatchObject({ fault: null, value: { metadata: { name: 'web' } } });
    expect(seen['api']!.fault).toMatchObject({ code: 'unprobed' });
  });

  it('tells expressions where the cluster is', async () => {
    await look('dep');
    await until(() => session.facts().kubernetesVersion !== null);
    expect(session.facts()).toMatchObject({
      server: api.access.server,
      nodes: ['n1'],
      nodeAddresses: ['10.0.0.3'],
      kubernetesVersion: 'v1.34.4',
    });
  });

  it('lets go of everything when it closes', async () => {
    await look('dep');
    session.close();
    await until(() => api.watches === 0);
    const before = api.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(api.requests.length).toBe(before);
  });
});

describe('the health of a node', () => {
  let time = 0;
  let runs = true;
  const health = (): NodeHealth => {
    time = 0;
    runs = true;
    return new NodeHealth(
      [NODE],
      () => time,
      () => runs,
    );
  };

  it('is good for 30 s after the start, and 20 s after each renewal', () => {
    const it = health();
    runs = false;
    time = 29_999;
    expect(it.stale()).toEqual([]);
    time = 30_001;
    expect(it.stale()).toEqual(['n1']);
    it.renewed('n1');
    time += 19_999;
    expect(it.stale()).toEqual([]);
    time += 2;
    expect(it.stale()).toEqual(['n1']);
  });

  it('is in doubt for longer while the kubelet runs: the machine may be busy', () => {
    const it = health();
    time = 40_000;
    expect(it.stale()).toEqual([]);
    time = 46_000;
    expect(it.stale()).toEqual(['n1']);
  });

  it('looks for the kubelet seldom', () => {
    let looks = 0;
    time = 0;
    const it = new NodeHealth(
      [NODE],
      () => time,
      () => {
        looks++;
        return true;
      },
    );
    for (time = 31_000; time < 41_000; time += 100) it.stale();
    expect(looks).toBeLessThanOrEqual(6);
  });
});
