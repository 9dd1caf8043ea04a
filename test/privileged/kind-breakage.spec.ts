import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { LabPlayer, untilReady } from '../support/lab-player.js';
import { startService, type TestService } from '../support/test-app.js';

const LAB = 'k8s-break';
const FILLER = `apiVersion: v1
kind: Pod
metadata: { name: filler }
spec:
  restartPolicy: Never
  containers:
    - name: filler
      image: busybox:1.36
      imagePullPolicy: IfNotPresent
      command: [sh, -c, "dd if=/dev/zero of=/full/file bs=1M count=64; sleep 600"]
      volumeMounts: [{ name: full, mountPath: /full }]
  volumes: [{ name: full, emptyDir: { sizeLimit: 16Mi } }]`;

/** A learner who is admin of the cluster, and breaks it one piece after the other. */
describeWith(['root', 'runc', 'kind'], 'a learner who breaks the cluster', () => {
  let service: TestService;
  let operator: Api;
  let player: LabPlayer;

  beforeAll(async () => {
    service = await startService({
      env: {
        WHEELHOUSE_CLUSTER_PROVIDER: 'kind',
        WHEELHOUSE_POOL: 'off',
        WHEELHOUSE_LABS: path.resolve('test/labs'),
      },
    });
    operator = new Api(service.url, service.operatorKey);
    player = await LabPlayer.begin({ service, operator, lab: LAB, user: 'ada' });
  }, 240_000);

  afterAll(() => service.remove(), 120_000);

  const node = () => `wh-${player.sandbox.slice(3)}-1-control-plane`;
  const onNode = (...argv: string[]) =>
    execFileSync('docker', ['exec', node(), ...argv], { timeout: 60_000 });
  const reaches = (id: string, state: string, ms = 60_000) =>
    player.progress.until(
      `${id} ${state}`,
      (p) => p.objectives.find((o) => o.id === id)!.state === state,
      ms,
    );
  const explained = (id: string) =>
    player.progress.latest!.objectives.find((o) => o.id === id)!.explanation!.text;
  /** An error is a fault of ours, and there was none. */
  const noErrors = () => expect(player.progress.objectiveEvents.filter((e) => e.to === 'error')).toEqual([]);

  it('has all there is to have at first', async () => {
    await player.type('kubectl create deployment web --image=nginx:1.27');
    for (const id of ['web', 'dns', 'node', 'pods']) await reaches(id, 'passed');
    expect(player.progress.latest!.score.points).toBe(4);
  }, 120_000);

  it('is told of a pod that fills its emptyDir beyond the limit', async () => {
    await player.type(`cat > filler.yaml <<'END'\n${FILLER}\nEND`);
    await player.type('kubectl apply -f filler.yaml');
    await reaches('evicted', 'passed', 150_000);
    noErrors();
  }, 180_000);

  it('is told that CoreDNS is gone', async () => {
    await player.type('kubectl -n kube-system delete deployment coredns');
    await reaches('dns', 'regressed');
    expect(explained('dns')).toMatch(/CoreDNS/);
    noErrors();
  }, 60_000);

  it('is told that the node was removed', async () => {
    // It would register itself again.
    onNode('systemctl', 'stop', 'kubelet');
    onNode('kubectl', '--kubeconfig=/etc/kubernetes/super-admin.conf', 'delete', 'node', node());
    await reaches('node', 'regressed');
    noErrors();
  }, 90_000);

  it('gets a fresh cluster by a reset', async () => {
    player.progress.close();
    const reset = await operator.post(`/v1/sandboxes/${player.sandbox}/reset`);
    expect([reset.status, reset.body.replacesId]).toEqual([201, player.sandbox]);
    await untilReady(operator, reset.body.id, 180_000);
    const fresh = await operator.get(`/v1/sandboxes/${reset.body.id}/progress`);
    expect(fresh.body.score.points).toBe(0);
    const again = await LabPlayer.begin({ service, operator, lab: LAB, user: 'ada' });
    expect(again.sandbox).toBe(reset.body.id);
    expect(await again.type('kubectl get nodes')).toMatch(/control-plane\s+Ready/);
    await again.leave(operator);
    expect(
      execFileSync('docker', ['ps', '-a', '--format', '{{.Names}}'], { encoding: 'utf8' }),
    ).not.toContain(node());
  }, 300_000);
});
