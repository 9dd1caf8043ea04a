import { hostFiles } from './grading-kube-files.js';
import type { ClusterContext, ClusterRig } from './grading-kind.js';
import { APP, DEP, OWNER, PODS, ready, script } from './grading-kube-objects.js';

/** What each probe says of a cluster that nobody attacks. */
export function kubeProbes(context: ClusterContext): void {
  const value = async <T>(rig: ClusterRig, name: string): Promise<T> => {
    const observation = await rig.observe(name);
    expect(observation.fault).toBeNull();
    return observation.value as T;
  };

  it('reads with every probe what is there', async () => {
    const rig = context.rig({
      observe: {
        dep: DEP,
        pods: PODS,
        none: { 'kube.get': { apiVersion: 'v1', kind: 'ConfigMap', name: 'no-such' } },
        api: { 'kube.api': { path: '/readyz' } },
        logs: { 'kube.logs': { ownedBy: OWNER } },
        old: { 'kube.logs': { ownedBy: OWNER, since: 'start' } },
        exec: { 'kube.exec': { ownedBy: OWNER, argv: ['sh', '-c', 'hostname; exit 3'] } },
        runtime: { 'kube.runtime': { ownedBy: OWNER } },
        can: { 'kube.can-i': { verb: 'create', resource: 'pods/exec', namespace: 'default' } },
        pod: { 'http.get': { from: 'node', to: { pods: { ownedBy: OWNER } }, port: 8080 } },
        svc: { 'http.get': { from: 'node', to: { service: `default/${APP}` }, port: 8080, count: 20 } },
        port: { 'http.get': { from: 'node', to: { nodePort: `default/${APP}` }, port: 8080 } },
        closed: { 'http.get': { from: 'node', to: { addr: '127.0.0.1' }, port: 1 } },
      },
      objectives: [{ id: 'any', assert: { cel: 'false' } }],
      startedAt: new Date(Date.now() + 3_600_000),
      learner: { user: 'nobody', groups: ['system:authenticated'] },
    });
    const of = <T>(name: string): Promise<T> => value<T>(rig, name);
    expect(await of('dep')).toMatchObject({ status: { readyReplicas: 2 }, metadata: { name: APP } });
    const pods = await of<{ metadata: { name: string; uid: string } }[]>('pods');
    const names = pods.map((p) => p.metadata.name);
    expect(names).toHaveLength(2);
    expect(await of('none')).toBeNull();
    expect(await of('api')).toEqual({ status: 200, body: 'ok' });
    const logs = await of<{ pod: string; lines: string[] }[]>('logs');
    expect(logs.map((l) => l.pod)).toEqual(names);
    expect(logs[0]!.lines[0]).toMatch(/^Kubernetes Bootcamp App Started At: /);
    expect((await of<{ lines: string[] }[]>('old')).flatMap((l) => l.lines)).toEqual([]);
    expect(await of('exec')).toEqual(
      names.map((pod) => ({ pod, container: 'web', exit: 3, stdout: `${pod}\n`, stderr: '' })),
    );
    const runtime = await of<{ podUid: string; pids: number }[]>('runtime');
    expect(runtime.map((r) => r.podUid)).toEqual(pods.map((p) => p.metadata.uid).sort());
    expect(runtime.every((r) => r.pids > 0)).toBe(true);
    expect(await of('can')).toEqual({ allowed: false });
    type Answer = { responses: { target: string; status: number; body: string; error?: string }[] };
    const pod = (await of<Answer>('pod')).responses;
    expect(pod.map((r) => r.target)).toEqual(names);
    for (const r of pod) expect(r.body).toContain(`Running on: ${r.target} | v=1`);
    // The node programs the way to a Service a moment after its pods are ready.
    await rig.until('the Service', async () => (await of<Answer>('svc')).responses.length === 20);
    const balanced = (await of<Answer>('svc')).responses;
    expect(balanced).toHaveLength(20);
    expect(new Set(balanced.map((r) => r.body)).size).toBe(2);
    expect((await of<Answer>('port')).responses[0]).toMatchObject({ status: 200 });
    expect((await of<Answer>('closed')).responses).toMatchObject([{ status: null, error: 'refused' }]);
    expect(rig.prober.facts()).toMatchObject({
      server: context.cluster.access.server,
      kubernetesVersion: expect.stringMatching(/^v1\.\d+\.\d+$/),
    });
  }, 60_000);

  it('reads files of the lab host, and asks from there', () => hostFiles(context), 60_000);

  it('tells within a second what changed', async () => {
    const rig = context.rig({
      observe: { signal: { 'kube.get': { apiVersion: 'v1', kind: 'ConfigMap', name: 'signal' } } },
      objectives: [{ id: 'on', regressAfter: '0s', assert: { match: { signal: { data: { on: 'yes' } } } } }],
    });
    const say = (on: string) => context.cluster.config('signal', { on });
    await say('no');
    await rig.becomes('on', 'pending');
    const took: number[] = [];
    for (let i = 0; i < 20; i++) {
      const [on, state] = i % 2 === 0 ? ['yes', 'passed'] : ['no', 'regressed'];
      const started = performance.now();
      const applied = say(on);
      await rig.becomes('on', state, 5000);
      took.push(performance.now() - started);
      await applied;
    }
    took.sort((a, b) => a - b);
    const [p50, p95] = [took[10]!, took[18]!].map(Math.round);
    process.stderr.write(`from the change in the cluster to the verdict: p50 ${p50} ms, p95 ${p95} ms\n`);
    expect(p95).toBeLessThan(1000);
  }, 60_000);

  it('keeps what a container said before it was restarted', async () => {
    const startedAt = new Date();
    context.cluster.apply(script('talker', 'echo hello from $(date +%s); sleep 1; exit 1'));
    const rig = context.rig({
      observe: { said: { 'kube.logs': { pod: 'talker', since: 'start' } } },
      objectives: [
        { id: 'twice', assert: { cel: "said[0].lines.filter(l, l.startsWith('hello')).size() >= 2" } },
      ],
      startedAt,
    });
    await rig.becomes('twice', 'passed', 60_000);
    context.cluster.kubectl('delete', 'pod', 'talker', '--force', '--grace-period=0');
  }, 90_000);

  it('blames nobody for a node that the engine paused, does not hang, and goes on afterwards', async () => {
    const rig = context.rig({
      observe: { dep: DEP, api: { 'kube.api': { path: '/livez' } } },
      objectives: [ready, { id: 'alive', assert: { match: { api: { status: 200 } } } }],
    });
    await rig.becomes('ready', 'passed');
    await rig.becomes('alive', 'passed');
    context.cluster.docker('pause');
    try {
      const started = performance.now();
      await rig.until('the fault', async () => (await rig.observe('dep')).fault !== null, 10_000);
      const took = performance.now() - started;
      expect((await rig.observe('dep')).fault).toMatchObject({ cause: 'platform', code: 'paused' });
      expect((await rig.observe('api')).fault).toMatchObject({ cause: 'platform' });
      process.stderr.write(`a paused API server is told of after ${Math.round(took)} ms\n`);
      expect(took).toBeLessThan(6000);
      await rig.becomes('ready', 'error', 15_000);
    } finally {
      context.cluster.docker('unpause');
    }
    await rig.becomes('ready', 'passed', 20_000);
  }, 90_000);
}
