import { tracesOfMachine } from './attacks-evidence.js';
import type { ClusterContext } from './grading-kind.js';
import { DEP, OWNER, PODS, ready } from './grading-kube-objects.js';
import { rigLab } from './grading-rig.js';

/** One reading's own deadline, and the way there and back on a busy machine. */
const GIVEN_UP_MS = 6000;

/** Attacks 7 and 9: what does not answer, or no longer vouches for what it said. */
export function silences(context: ClusterContext): void {
  it('attack 7: a stopped database, a tarpit and a frozen API server cost their own run a deadline, and others nothing', async () => {
    const { cluster, hosts } = context;
    const [victim, neighbour] = [await hosts.start(), await hosts.start()];
    const other = neighbour.grade(
      rigLab({
        observe: { ns: { 'netns.list': {} } },
        objectives: [{ id: 'red', regressAfter: '0s', assert: { match: { ns: [{ name: 'red' }] } } }],
      }),
    );
    await other.becomes('red', 'pending');
    const reactions = async (): Promise<number> => {
      const took: number[] = [];
      for (let i = 0; i < 10; i++) {
        const [verb, due] = i % 2 === 0 ? ['add', 'passed'] : ['del', 'regressed'];
        const started = performance.now();
        other.actor.enter();
        await neighbour.inside(`ip netns ${verb} red`);
        await other.becomes('red', due);
        took.push(performance.now() - started);
      }
      return took.toSorted((a, b) => a - b)[8]!;
    };
    const before = await reactions();

    await victim.inside(`ovs-vsctl add-br ovs1; kill -STOP $(cat /run/openvswitch/ovsdb-server.pid)
      setsid socat TCP-LISTEN:8081,fork,reuseaddr EXEC:'sleep 600' >/dev/null 2>&1 </dev/null &
      until : < /dev/tcp/127.0.0.1/8081; do sleep 0.05; done 2>/dev/null`);
    const rig = context.rig({
      host: victim.prober,
      observe: {
        dep: DEP,
        ovs: { 'ovs.bridges': {} },
        tarpit: { 'http.get': { from: 'main', to: { addr: '127.0.0.1' }, port: 8081 } },
      },
      objectives: [
        ready,
        { id: 'bridge', assert: { match: { ovs: [{ name: 'ovs1' }] } } },
        { id: 'answers', assert: { cel: 'tarpit.responses[0].status == 200' } },
      ],
    });
    await rig.becomes('ready', 'passed');
    cluster.onNode('pkill', '-STOP', 'kube-apiserver');
    try {
      const started = performance.now();
      const { ovs, tarpit } = await rig.observeAll();
      expect(ovs!.fault).toMatchObject({ cause: 'tenant', code: 'timeout' });
      expect(tarpit!.value).toMatchObject({ responses: [{ status: null, error: 'timeout' }] });
      expect(performance.now() - started).toBeLessThan(GIVEN_UP_MS);
      const during = await reactions();
      const [was, is] = [before, during].map(Math.round);
      process.stderr.write(`another run's reaction, p90: ${was} ms before, ${is} ms beside what hangs\n`);
      expect(during).toBeLessThan(Math.max(1000, 3 * before));
      await rig.becomes('ready', 'regressed', 30_000);
      expect((await rig.observe('dep')).fault).toMatchObject({ cause: 'tenant', code: 'stopped' });
      expect([rig.state('bridge'), rig.state('answers')]).toEqual(['pending', 'pending']);
    } finally {
      cluster.onNode('pkill', '-CONT', 'kube-apiserver');
    }
    await rig.becomes('ready', 'passed', 60_000);
    expect(rig.moves.filter((m) => m.endsWith(' error'))).toEqual([]);
    expect(tracesOfMachine(rig.evidence)).toEqual([]);
  }, 150_000);

  it('attack 9: what a stopped kubelet said of its pods is no longer believed, and is no error of ours', async () => {
    const { cluster } = context;
    const rig = context.rig({
      observe: { pods: PODS, dep: DEP, logs: { 'kube.logs': { ownedBy: OWNER } } },
      objectives: [
        { id: 'running', assert: { match: { pods: { $each: { status: { phase: 'Running' } } } } } },
        { id: 'made', latch: true, assert: { match: { pods: { $len: { $gte: 1 } } } } },
      ],
    });
    await rig.becomes('running', 'passed');
    cluster.onNode('systemctl', 'stop', 'kubelet');
    try {
      expect((await rig.observe('logs')).fault).toMatchObject({ cause: 'tenant', code: 'node-silent' });
      await rig.becomes('running', 'regressed', 70_000);
      expect((await rig.observe('pods')).fault).toMatchObject({ cause: 'tenant', code: 'node-silent' });
      expect(rig.state('made')).toBe('passed');
    } finally {
      cluster.onNode('systemctl', 'start', 'kubelet');
    }
    await rig.becomes('running', 'passed', 60_000);
    expect(rig.moves.filter((m) => m.endsWith(' error'))).toEqual([]);
    expect(tracesOfMachine(rig.evidence)).toEqual([]);
  }, 180_000);
}
