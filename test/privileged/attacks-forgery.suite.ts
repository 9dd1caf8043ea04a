import { readFileSync } from 'node:fs';
import { tracesOfMachine } from './attacks-evidence.js';
import type { ClusterContext } from './grading-kind.js';
import {
  DEP,
  deployment,
  DEPLOYMENTS,
  getDeployment,
  listPods,
  ready,
  script,
  V1,
} from './grading-kube-objects.js';

/** As long as a hold that reads `status` has to last, and then some. */
const LOOP_MS = 8000;

/** Attacks 10, 12, 13 and 15: what was written rather than brought about. */
export function forgeries(context: ClusterContext): void {
  it('attack 10: a status written again and again, an invented node and its pods are worth nothing', async () => {
    const { cluster } = context;
    const broken = { kind: 'Deployment', name: 'broken' };
    const rig = context.rig({
      observe: {
        dep: getDeployment('broken'),
        pods: listPods(broken),
        all: listPods(),
        nodes: { 'kube.list': { apiVersion: 'v1', kind: 'Node' } },
        runtime: { 'kube.runtime': { ownedBy: broken } },
      },
      objectives: [
        {
          id: 'available',
          latch: true,
          stableFor: '5s',
          assert: { match: { dep: { status: { readyReplicas: 1 } } } },
        },
        {
          id: 'told',
          latch: true,
          assert: { cel: "pods.size() > 0 && pods.all(p, p.status.phase == 'Running')" },
        },
        {
          id: 'lives',
          latch: true,
          assert: {
            cel: 'pods.size() > 0 && pods.all(p, runtime.exists(r, r.podUid == p.metadata.uid && r.pids > 0))',
          },
        },
      ],
    });
    cluster.apply(deployment(1, 'example.org/no-such:v1', 'broken'));
    await rig.until('the pod', async () => ((await rig.observe('pods')).value as unknown[])?.length === 1);
    const [pod] = (await rig.observe('pods')).value as { metadata: { name: string } }[];

    const status = { status: { replicas: 1, readyReplicas: 1, availableReplicas: 1 } };
    for (const end = Date.now() + LOOP_MS; Date.now() < end;)
      await cluster.merge(`${DEPLOYMENTS}/broken/status`, status);
    // The looks were deceived: what is not, is what happened between them.
    expect(rig.moves).toContain('available pending holding');
    expect(rig.moves).not.toContain('available holding passed');

    const running = { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } };
    const path = `/api/v1/namespaces/default/pods/${pod!.metadata.name}/status`;
    for (let i = 0; i < 20 && rig.state('told') !== 'passed'; i++) await cluster.merge(path, running);
    await rig.becomes('told', 'passed');
    expect(rig.state('lives')).toBe('pending');

    cluster.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'invented' } });
    const ghost = { name: 'ghost', namespace: 'default' };
    const spec = { nodeName: 'invented', containers: [{ name: 'c', image: V1 }] };
    cluster.apply({ apiVersion: 'v1', kind: 'Pod', metadata: ghost, spec });
    const invented = () => rig.flags.filter(({ flag }) => flag === 'invented').map((f) => f.subject);
    await rig.until('the inventions', () => invented().length >= 2);
    expect(invented().toSorted()).toEqual(['Node /invented', 'Pod default/ghost']);
    const names = async (name: string) =>
      ((await rig.observe(name)).value as { metadata: { name: string } }[]).map((o) => o.metadata.name);
    expect(await names('all')).not.toContain('ghost');
    expect(await names('nodes')).toEqual([cluster.nodes[0]!.name]);
    expect(tracesOfMachine(rig.evidence)).toEqual([]);
    cluster.kubectl('delete', 'pod', 'ghost', '--force', '--grace-period=0');
    cluster.kubectl('delete', 'node', 'invented');
    cluster.kubectl('delete', 'deployment', 'broken');
  }, 120_000);

  it("attack 12: another address or authority in the learner's kubeconfig leads the learner astray, not the grader", async () => {
    const { cluster, hosts } = context;
    const host = await hosts.start();
    const own = readFileSync(cluster.kubeconfig, 'utf8').replace(
      /server: .*/,
      `server: ${cluster.access.server}`,
    );
    const write = (text: string): Promise<string> =>
      host.inside(
        `mkdir -p /root/.kube; base64 -d > /root/.kube/config <<< ${Buffer.from(text).toString('base64')}`,
      );
    await write(own);
    const config = { 'host.file': { path: '~/.kube/config', parse: 'kubeconfig', maxBytes: 16_384 } };
    const targets = {
      id: 'targets',
      regressAfter: '0s',
      assert: { cel: 'config.data.server == sandbox.server && config.data.caHash == sandbox.caHash' },
    };
    const rig = context.rig({
      host: host.prober,
      observe: { config, dep: DEP },
      objectives: [ready, targets],
    });
    await rig.becomes('targets', 'passed');
    await rig.becomes('ready', 'passed');
    const swaps = [
      own.replace(/server: .*/, 'server: https://127.0.0.1:6443'),
      own.replace(/certificate-authority-data: .*/, 'certificate-authority-data: bm9uZQ=='),
      'clusters: []',
    ];
    for (const swapped of swaps) {
      await write(swapped);
      rig.actor.enter();
      await rig.becomes('targets', 'regressed');
      expect(rig.state('ready')).toBe('passed');
      expect((await rig.observe('dep')).fault).toBeNull();
      await write(own);
      rig.actor.enter();
      await rig.becomes('targets', 'passed');
    }
    // Even led to another server, the grader knows by its authority that it is not the one: the kubelet has its own.
    const astray = { ...cluster.access, server: `https://${cluster.nodes[0]!.address}:10250` };
    const led = context.rig({ access: astray, observe: { dep: DEP }, objectives: [ready] });
    await led.until('the refusal', async () => (await led.observe('dep')).fault?.code === 'certificate');
    expect((await led.observe('dep')).fault).toMatchObject({ cause: 'tenant' });
    expect(led.state('ready')).not.toBe('passed');
    expect(tracesOfMachine(rig.evidence)).toEqual([]);
  }, 90_000);

  it('attack 13: set clocks, dates in lines and back-dated objects move no timer and no deadline', async () => {
    const { cluster, hosts } = context;
    cluster.apply(script('early', 'echo 2099-01-01T00:00:00Z early; sleep 600'));
    const before = context.rig({
      observe: { said: { 'kube.logs': { pod: 'early' } } },
      objectives: [{ id: 'said', assert: { cel: "said[0].lines.exists(l, l.contains('early'))" } }],
    });
    await before.becomes('said', 'passed', 60_000);

    const host = await hosts.start();
    const startedAt = new Date(Date.now() + 1000);
    const since = (pod: string) => ({ 'kube.logs': { pod, since: 'start' } });
    const rig = context.rig({
      host: host.prober,
      startedAt,
      observe: {
        early: since('early'),
        late: since('late'),
        made: { 'kube.get': { apiVersion: 'v1', kind: 'ConfigMap', name: 'old' } },
        ns: { 'netns.list': {} },
      },
      objectives: [
        { id: 'early', assert: { cel: "early[0].lines.exists(l, l.contains('early'))" } },
        { id: 'late', assert: { cel: "late[0].lines.exists(l, l.contains('late'))" } },
        { id: 'old', assert: { cel: "made.metadata.creationTimestamp.startsWith('1999')" } },
        { id: 'held', stableFor: '2s', assert: { match: { ns: [{ name: 'red' }] } } },
        { id: 'due', within: { for: '30m' }, assert: { match: { ns: [{ name: 'blue' }] } } },
      ],
    });
    await rig.becomes('due', 'pending');
    const hour =
      "date -s '+1 hour' && exit 1; TZ=UTC+12 unshare --time --boottime 7200 --monotonic 7200 true";
    await host.inside(`(${hour}) 2>/dev/null; ip netns add red`);
    const began = performance.now();
    const metadata = { name: 'old', namespace: 'default', creationTimestamp: '1999-01-01T00:00:00Z' };
    cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
    // Not before the start, by the second that log lines are asked by.
    await rig.until('the start', () => Date.now() > startedAt.getTime() + 1000);
    cluster.apply(script('late', 'echo 1999-01-01T00:00:00Z late; sleep 600'));
    rig.actor.enter();
    await rig.becomes('held', 'passed');
    expect(performance.now() - began).toBeGreaterThan(1900);
    await rig.becomes('late', 'passed', 60_000);
    await rig.until('the object', async () => (await rig.observe('made')).value !== null);
    expect((await rig.observe('early')).value).toMatchObject([{ lines: [] }]);
    const { early, old, due } = rig.states();
    expect([early, old, due]).toEqual(['pending', 'pending', 'pending']);
    expect(tracesOfMachine(rig.evidence)).toEqual([]);
    for (const pod of ['early', 'late']) cluster.kubectl('delete', 'pod', pod, '--force', '--grace-period=0');
  }, 150_000);

  it('attack 15: deleting and making anew, and another image for a moment, are seen', async () => {
    const { cluster } = context;
    const victim = deployment(0, V1, 'victim');
    await cluster.send(DEPLOYMENTS, victim);
    const rig = context.rig({
      observe: {
        dep: getDeployment('victim'),
        maps: { 'kube.list': { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default' } },
      },
      objectives: [
        {
          id: 'same',
          never: {
            armed: 'start',
            until: 'freeze',
            cel: "dep != null && dep.metadata.uid != past['start'].dep.metadata.uid",
          },
        },
        { id: 'calm', never: { armed: 'start', cel: "maps.exists(m, m.metadata.name == 'flash')" } },
      ],
      tripwires: [
        {
          id: 'image',
          onTrip: 'flag',
          never: { cel: `dep.spec.template.spec.containers.exists(c, !c.image.startsWith('gcr.io/'))` },
        },
        { id: 'flash', onTrip: { cost: 0.5 }, never: { cel: "maps.exists(m, m.metadata.name == 'flash')" } },
      ],
    });
    await rig.becomes('same', 'passed');
    await rig.becomes('calm', 'passed');
    const image = (name: string) => ({
      spec: { template: { spec: { containers: [{ name: 'web', image: name }] } } },
    });
    await cluster.merge(`${DEPLOYMENTS}/victim`, image('nginx:1.27'));
    await cluster.merge(`${DEPLOYMENTS}/victim`, image(V1));
    // The objective's own rule ends with its pass; the tripwire's does not.
    await cluster.config('flash');
    cluster.kubectl('delete', 'configmap', 'flash', '--wait=false');
    await rig.until('both trips', () => rig.run.trips.has('image') && rig.run.trips.has('flash'));
    expect([rig.state('same'), rig.state('calm')]).toEqual(['passed', 'passed']);
    cluster.kubectl('delete', 'deployment', 'victim', '--cascade=orphan');
    await cluster.send(DEPLOYMENTS, victim);
    await rig.becomes('same', 'failed');
    expect(tracesOfMachine(rig.evidence)).toEqual([]);
    cluster.kubectl('delete', 'deployment', 'victim', '--wait=false');
  }, 90_000);
}
