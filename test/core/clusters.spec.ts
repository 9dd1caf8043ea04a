import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Entry } from '../../src/sandbox/living.js';
import { CoreRig } from '../support/core-rig.js';

const MINUTE = 60_000;
const ROOM = { WHEELHOUSE_BUDGET_MEMORY: '20GiB', WHEELHOUSE_BUDGET_PIDS: '100000' };

describe('clusters of sandboxes', () => {
  let rig: CoreRig;

  beforeAll(async () => {
    rig = await CoreRig.start();
    await rig.addLab('k8s-scale', { setup: () => ['kind: ConfigMap'] });
    await rig.addLab('k8s-create', {
      cluster: { nodes: 1, admin: false, start: 'learner', fidelity: 'any' },
      setup: () => ['kind: Secret'],
    });
    await rig.addLab('net-lab', { cluster: null, requires: ['netns'] });
    await rig.addLab('up-lab', { cluster: null, requires: ['netns', 'uplink'] });
    await rig.addLab('k8s-real', {
      cluster: { nodes: 1, admin: false, start: 'platform', fidelity: 'real' },
    });
  }, 60_000);
  afterAll(() => rig.stop());
  beforeEach(() => rig.fresh({ env: ROOM }), 30_000);

  const idOf = (entry: Entry) => entry.row.id.slice(3);
  const ready = async (lab: string, user = 'ada') => {
    const entry = await rig.allocate(lab, user);
    await rig.ready(entry);
    return entry;
  };
  const clusterOf = async (entry: Entry) =>
    (await rig.clusters.list(rig.call())).find((c) => c.id === idOf(entry));
  const round = () => rig.pass(31_000, 31_000);

  /** One request of the `minikube` command, answered on the socket in the lab host. */
  const minikube = async (entry: Entry, op: string) => {
    const socket: Duplex = await rig.driver.exports.connect(
      `${idOf(entry)}-${entry.row.attempt}`,
      'minikube.sock',
    );
    let text = '';
    socket.on('data', (bytes: Buffer) => (text += bytes.toString()));
    const ended = once(socket, 'end');
    socket.write(`${JSON.stringify({ op })}\n`);
    await Promise.all([ended, rig.settle()]);
    return JSON.parse(text.trim().split('\n').at(-1)!) as { ok: boolean; [field: string]: unknown };
  };

  it('say so when the lab asks for a kind of cluster that there is not here', async () => {
    await expect(rig.allocate('k8s-real', 'ada')).rejects.toMatchObject({ code: 'fidelity_unavailable' });
  });

  it('are made before the lab host, joined to it, set up, and handed over with a credential', async () => {
    const entry = await ready('k8s-scale');
    const steps = (await rig.core.service.steps(entry.row)).map((s) => `${s.name} ${s.state}`);
    expect(steps.filter((s) => /network|link|setup|access/.test(s))).toEqual([
      'cluster.network done',
      'host.link done',
      'lab.setup done',
      'learner.access done',
    ]);
    expect(rig.driver.exports.networks.get(`${idOf(entry)}-1`)).toEqual((await clusterOf(entry))!.network);
    expect(rig.applied).toEqual([['kind: ConfigMap']]);
    await rig.release(entry);
    await entry.until((row) => row.state === 'released', 5000);
    expect(await clusterOf(entry)).toBeUndefined();
  });

  it('are not all that is mended: an uplink that is gone is given again, and its failure costs nothing', async () => {
    const entry = await ready('up-lab');
    const other = await ready('net-lab', 'bob');
    const key = `${idOf(entry)}-1`;
    const { uplinks } = rig.driver.exports;
    expect([...uplinks]).toEqual([key]);
    uplinks.delete(key);
    rig.driver.failNext('uplink', 'command_failed');
    await round();
    expect([...uplinks]).toEqual([]);
    expect(rig.complaints.join()).toContain('an uplink was not mended');
    await round();
    expect([...uplinks]).toEqual([key]);
    expect([entry.row.state, other.row.state]).toEqual(['ready', 'ready']);
  });

  it('are revealed, stopped, deleted and made anew by their learner', async () => {
    const entry = await ready('k8s-create');
    expect(await minikube(entry, 'status')).toMatchObject({ ok: true, phase: 'hidden', ip: null });
    const started = await minikube(entry, 'start');
    expect(started).toMatchObject({ ok: true, kubeconfig: expect.stringContaining('learner') });
    expect(await minikube(entry, 'status')).toMatchObject({
      phase: 'running',
      ip: expect.stringMatching(/^10\./),
    });
    expect(await minikube(entry, 'stop')).toEqual({ ok: true });
    expect([(await clusterOf(entry))!.state, entry.row.clusterPhase]).toEqual(['paused', 'stopped']);
    await minikube(entry, 'start');
    expect([(await clusterOf(entry))!.state, entry.row.clusterPhase]).toEqual(['running', 'running']);
    const before = await clusterOf(entry);
    expect(await minikube(entry, 'delete')).toEqual({ ok: true });
    expect([await clusterOf(entry), entry.row.clusterPhase]).toEqual([undefined, 'deleted']);
    // A sandbox whose learner deleted the cluster is no lost one.
    await round();
    expect(entry.row.state).toBe('ready');
    const anew = await minikube(entry, 'start');
    expect(anew).toMatchObject({ ok: true });
    expect(anew['kubeconfig']).not.toBe(started['kubeconfig']);
    expect((await clusterOf(entry))!.network).not.toEqual(before!.network);
    expect(rig.driver.exports.networks.get(`${idOf(entry)}-1`)).toEqual((await clusterOf(entry))!.network);
    expect(rig.applied).toEqual([['kind: Secret'], ['kind: Secret']]);
    const phases = (await rig.events('sandbox.cluster')).map((e) => e.payload['phase']);
    expect(phases).toEqual(['running', 'stopped', 'running', 'deleted', 'making', 'running']);
  }, 30_000);

  it('can be started again by the learner when the service ended while one was made', async () => {
    const entry = await ready('k8s-create');
    await minikube(entry, 'delete');
    await entry.change((row) => {
      row.clusterPhase = 'making';
      return [];
    });
    await rig.restart();
    const again = rig.core.living.entries.get(entry.row.id)!;
    expect([again.row.state, again.row.clusterPhase]).toEqual(['ready', 'deleted']);
    expect(await minikube(again, 'start')).toMatchObject({ ok: true });
  }, 30_000);

  it('stay deleted, and say why, when a new one cannot be made', async () => {
    const entry = await ready('k8s-create');
    await minikube(entry, 'delete');
    rig.clusters.failNext('cluster.create', 'command_failed');
    expect(await minikube(entry, 'start')).toMatchObject({ ok: false, error: { code: 'internal' } });
    expect(entry.row.clusterPhase).toBe('deleted');
    expect(await minikube(entry, 'start')).toMatchObject({ ok: true });
  }, 30_000);

  it('count what was asked of the API server as activity', async () => {
    const entry = await ready('k8s-scale');
    await rig.pass(10 * MINUTE, MINUTE);
    rig.clusters.touch(idOf(entry), 1);
    await rig.pass(28 * MINUTE, MINUTE);
    expect(entry.row.state).toBe('ready');
    await rig.pass(3 * MINUTE, MINUTE);
    expect(entry.row.failureDetail).toContain('idle');
  }, 30_000);

  it('that vanish take their sandbox along, and the learner is told', async () => {
    const entry = await ready('k8s-scale');
    await rig.clusters.destroy(idOf(entry), rig.call());
    await round();
    expect(entry.row).toMatchObject({ state: 'released', failureCode: 'sandbox_lost' });
  });

  it('whose nodes stopped are started once, and lost when that does not help', async () => {
    const [good, bad] = [await ready('k8s-scale', 'ada'), await ready('k8s-scale', 'grace')];
    rig.clusters.stop(idOf(good));
    await round();
    expect((await clusterOf(good))!.state).toBe('running');
    expect((await rig.events('sandbox.repaired')).map((e) => e.sandboxId)).toEqual([good.row.id]);
    rig.clusters.stop(idOf(bad));
    rig.clusters.failNext('repair', 'timeout');
    await round();
    await round();
    expect([good.row.state, bad.row.state]).toEqual(['ready', 'released']);
  });

  it('are left alone while their engine does not answer', async () => {
    const entry = await ready('k8s-scale');
    rig.clusters.failNext('list', 'unavailable', 'unavailable');
    await round();
    await round();
    expect(entry.row.state).toBe('ready');
  });

  it('do not cost a lab host that was made while their engine was slow to answer', async () => {
    const delays: { list?: number } = {};
    await rig.fresh({ env: ROOM, cluster: { delays } });
    delays.list = 2000;
    rig.clock.advance(30_000);
    await rig.settle();
    const host = await rig.allocate('net-lab', 'grace');
    await rig.ready(host);
    await rig.pass(3000);
    expect([host.row.state, host.row.failureCode]).toEqual(['ready', null]);
  });

  it('that no row knows are released after a while', async () => {
    const entry = await ready('k8s-scale');
    await rig.prisma.pool.query('TRUNCATE "Sandbox" CASCADE');
    await rig.restart();
    expect(await clusterOf(entry)).toBeDefined();
    await rig.pass(3 * 31_000, 31_000);
    expect([await clusterOf(entry), (await rig.driver.list(rig.call())).length]).toEqual([undefined, 0]);
  });
});
