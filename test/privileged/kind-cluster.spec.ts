import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import path from 'node:path';
import { stringify } from 'yaml';
import { sweepClusters } from '../../src/drivers/kind/sweep.js';
import { KubeCall, messageOf, type KubeAnswer } from '../../src/drivers/kind/kube-call.js';
import type { ClusterAccess } from '../../src/drivers/cluster-driver.js';
import { cgroupFolders } from '../../src/linux/cgroup.js';
import { Fence } from '../../src/linux/fence/fence.js';
import { describeWith } from '../support/capability.js';
import { docker, inTime, makeCluster, makeKindLab, nodeAppears, type KindLab } from '../support/kind-lab.js';

const LONG_MS = 240_000;
const NOTHING = { containers: [], networks: [], mounts: [], fences: [], folders: [] };
const pod = (name: string, spec: Record<string, unknown>, container: Record<string, unknown> = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'busybox:1.36', ...container }], ...spec },
});

/** kubectl as a learner types it. */
function kubectlOf(access: ClusterAccess, file: string): (line: string) => string {
  const b64 = (text: string) => Buffer.from(text).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'c', cluster: { server: access.server, 'certificate-authority-data': b64(access.ca) } },
    ],
    users: [
      {
        name: access.user,
        user: { 'client-certificate-data': b64(access.cert), 'client-key-data': b64(access.key) },
      },
    ],
    contexts: [{ name: 'x', context: { cluster: 'c', user: access.user } }],
    'current-context': 'x',
  };
  writeFileSync(file, stringify(config), { mode: 0o600 });
  return (line) =>
    execFileSync('kubectl', ['--kubeconfig', file, ...line.split(' ')], {
      encoding: 'utf8',
      timeout: 60_000,
    });
}

describeWith(['root', 'kind'], 'a cluster of kind', () => {
  let lab: KindLab;
  let learner: KubeCall;
  let admin: KubeCall;
  let grader: KubeCall;

  const post = (kube: KubeCall, at: string, body: unknown): Promise<KubeAnswer> =>
    kube.send({ method: 'POST', path: at, body });

  /** 403, and for the reason that is meant. */
  async function expectRefusal(answer: Promise<KubeAnswer>, reason: RegExp): Promise<void> {
    const { status, body } = await answer;
    expect({ status, message: messageOf(body) }).toEqual({
      status: 403,
      message: expect.stringMatching(reason),
    });
  }

  beforeAll(async () => {
    lab = await makeKindLab();
    await lab.driver.preflight();
    await makeCluster(lab.driver, { id: 'kc' });
    [learner, admin, grader] = [
      await lab.connect('kc', 'learner'),
      await lab.connect('kc', 'admin'),
      await lab.connect('kc', 'grader'),
    ];
  }, LONG_MS);

  afterAll(async () => {
    for (const kube of [learner, admin, grader]) kube?.close();
    await lab?.remove();
  }, LONG_MS);

  it('proves itself by its own authority under the address of its node, and knows who asks', async () => {
    const seen = [];
    for (const kube of [learner, admin, grader]) {
      const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
      const { body } = await post(kube, '/apis/authentication.k8s.io/v1/selfsubjectreviews', review);
      seen.push((body as { status: { userInfo: { groups: string[] } } }).status.userInfo.groups[0]);
    }
    expect(seen).toEqual(['wheelhouse:learners', 'wheelhouse:admins', 'system:masters']);
  });

  it('holds its nodes to their limits, and tells Kubernetes so', async () => {
    const node = (await lab.driver.inspect('kc', inTime()))!.nodes[0]!;
    const read = (...names: string[]) =>
      cgroupFolders(node.cgroup).flatMap((folder) =>
        names.flatMap((name) => {
          try {
            return [readFileSync(path.join(folder, name), 'utf8').trim()];
          } catch {
            return [];
          }
        }),
      );
    expect(read('memory.limit_in_bytes', 'memory.max')).toEqual([String(2 ** 31)]);
    expect(read('pids.max')).toEqual(['2048']);
    const { body } = await grader.send({ method: 'GET', path: `/api/v1/nodes/${node.name}` });
    const { allocatable } = (body as { status: { allocatable: Record<string, string> } }).status;
    expect(parseInt(allocatable['memory'] ?? '', 10)).toBeLessThanOrEqual(2 ** 21);
  });

  it(
    'lets a learner do all that the course asks for',
    async () => {
      const access = await lab.driver.access('kc', 1, 'learner', inTime());
      const kubectl = kubectlOf(access, path.join(lab.stateDir, 'learner.kubeconfig'));
      const image = 'gcr.io/google-samples/kubernetes-bootcamp';
      kubectl(`create deployment bootcamp --image=${image}:v1`);
      kubectl('rollout status deployment/bootcamp --timeout=50s');
      kubectl('scale deployment/bootcamp --replicas=2');
      kubectl('expose deployment/bootcamp --type=NodePort --port 8080');
      kubectl('label deployment/bootcamp version=v1');
      kubectl(`set image deployment/bootcamp kubernetes-bootcamp=${image}:v2`);
      kubectl('rollout undo deployment/bootcamp');
      kubectl('rollout status deployment/bootcamp --timeout=50s');
      expect(kubectl('exec deployment/bootcamp -- env')).toContain('HOSTNAME=bootcamp-');
      expect(kubectl('logs deployment/bootcamp')).toMatch(/Bootcamp/);
      expect(kubectl('get --raw /api/v1/namespaces/default/services/bootcamp:8080/proxy/')).toMatch(/v=1/);
      expect(kubectl('get nodes -o wide')).toContain('wh-kc-1-control-plane');
      expect(kubectl('describe nodes')).toContain('Allocatable');
      expect(kubectl('get all -A')).toContain('coredns');
      expect(kubectl('cluster-info')).toContain('is running');
      kubectl('create namespace mine');
      kubectl('run one -n mine --image=nginx:1.27');
      kubectl('delete namespace mine');
      kubectl('delete service,deployment bootcamp');
    },
    LONG_MS,
  );

  it('counts as activity what a learner asks, and nothing else', async () => {
    const before = lab.driver.activityAt('kc', 1)!;
    await grader.send({ method: 'GET', path: '/api/v1/pods' });
    expect(lab.driver.activityAt('kc', 1)).toBe(before);
    await learner.send({ method: 'GET', path: '/api/v1/pods' });
    expect(lab.driver.activityAt('kc', 1)).toBeGreaterThan(before);
  });

  it('refuses a learner the pods that could become root of the node', async () => {
    const at = '/api/v1/namespaces/default/pods';
    const refused = {
      privileged: pod('a', {}, { securityContext: { privileged: true } }),
      hostPath: pod('b', { volumes: [{ name: 'v', hostPath: { path: '/' } }] }),
      hostNetwork: pod('c', { hostNetwork: true }),
      hostPID: pod('d', { hostPID: true }),
      capability: pod('e', {}, { securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }),
    };
    for (const body of Object.values(refused)) await expectRefusal(post(learner, at, body), /PodSecurity/);
  });

  it('refuses a learner what works for the whole cluster', async () => {
    const rbac = 'rbac.authorization.k8s.io/v1';
    const subjects = [{ kind: 'Group', name: 'wheelhouse:learners', apiGroup: 'rbac.authorization.k8s.io' }];
    const roleRef = { kind: 'ClusterRole', name: 'cluster-admin', apiGroup: 'rbac.authorization.k8s.io' };
    const node = 'wh-kc-1-control-plane';
    const creations: Record<string, unknown> = {
      [`/apis/${rbac}/clusterrolebindings`]: { metadata: { name: 'x' }, subjects, roleRef },
      '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations': { metadata: { name: 'x' } },
      '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations': { metadata: { name: 'x' } },
      '/apis/certificates.k8s.io/v1/certificatesigningrequests': { metadata: { name: 'x' } },
      '/apis/storage.k8s.io/v1/storageclasses': {
        metadata: { name: 'x' },
        provisioner: 'rancher.io/local-path',
      },
      '/api/v1/persistentvolumes': { metadata: { name: 'x' } },
      '/api/v1/nodes': { metadata: { name: 'x' } },
    };
    for (const [at, body] of Object.entries(creations))
      await expectRefusal(post(learner, at, body), /cannot create/);
    const get = (at: string) => learner.send({ method: 'GET', path: at });
    await expectRefusal(get(`/api/v1/nodes/${node}/proxy/pods`), /nodes\/proxy/);
    const fence = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/wheelhouse-fence';
    await expectRefusal(learner.send({ method: 'DELETE', path: fence }), /cannot delete/);
    const role = {
      metadata: { name: 'x' },
      rules: [{ apiGroups: [''], resources: ['nodes/proxy'], verbs: ['get'] }],
    };
    await expectRefusal(
      post(learner, `/apis/${rbac}/namespaces/default/roles`, role),
      /privilege|attempting to grant/,
    );
  });

  it("refuses a learner any change of the cluster's own namespaces", async () => {
    const map = { metadata: { name: 'x' } };
    for (const name of ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage']) {
      await expectRefusal(post(learner, `/api/v1/namespaces/${name}/configmaps`, map), /wheelhouse-fence/);
      const labels = { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } };
      const change = { method: 'PATCH', path: `/api/v1/namespaces/${name}`, body: labels } as const;
      const merge = { ...change, contentType: 'application/merge-patch+json' };
      await expectRefusal(learner.send(merge), /wheelhouse-fence/);
    }
    const etcd = '/api/v1/namespaces/kube-system/pods/etcd-wh-kc-1-control-plane';
    await expectRefusal(post(learner, `${etcd}/exec?command=id&stdout=true`, undefined), /wheelhouse-fence/);
    const token = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const account = '/api/v1/namespaces/kube-system/serviceaccounts/default/token';
    await expectRefusal(post(learner, account, token), /wheelhouse-fence/);
  });

  it('refuses to lift the protection of a namespace, also by way of an account that a learner made', async () => {
    const ns = '/api/v1/namespaces';
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/detour';
    expect((await post(learner, ns, { metadata: { name: 'detour' } })).status).toBe(201);
    const labels = { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } } };
    const contentType = 'application/merge-patch+json';
    for (const part of ['', '/status']) {
      const patch = { method: 'PATCH', path: `${ns}/detour${part}`, body: labels, contentType } as const;
      await expectRefusal(learner.send(patch), /wheelhouse-fence/);
    }
    await post(learner, `${ns}/detour/serviceaccounts`, { metadata: { name: 'sa' } });
    const rules = [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'patch'] }];
    expect((await post(learner, `${rbac}/roles`, { metadata: { name: 'r' }, rules })).status).toBe(201);
    const bound = await post(learner, `${rbac}/rolebindings`, {
      metadata: { name: 'r' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
      subjects: [{ kind: 'ServiceAccount', name: 'sa', namespace: 'detour' }],
    });
    expect(bound.status).toBe(201);
    const asked = await post(learner, `${ns}/detour/serviceaccounts/sa/token`, { spec: {} });
    const { token } = (asked.body as { status: { token: string } }).status;
    const allowed = await bearer(lab, token, { method: 'GET', path: `${ns}/detour` });
    expect(allowed.status).toBe(200);
    const change = { method: 'PATCH', path: `${ns}/detour`, body: JSON.stringify(labels) };
    const refused = await bearer(lab, token, change);
    expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('wheelhouse-fence') });
  });

  it('does not take the join token that all clusters of kind share', async () => {
    const answer = await bearer(lab, 'abcdef.0123456789abcdef', { method: 'GET', path: '/api/v1/nodes' });
    expect(answer.status).toBe(401);
  });

  it('lets an admin of the cluster do what a learner may not', async () => {
    const metadata = { name: 'strong', labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } };
    expect((await post(admin, '/api/v1/namespaces', { metadata })).status).toBe(201);
    const body = pod('a', { hostPID: true });
    expect((await post(admin, '/api/v1/namespaces/strong/pods?dryRun=All', body)).status).toBe(201);
  });

  it('answers again within seconds after a pause', async () => {
    await lab.driver.setPaused('kc', 1, true, inTime());
    expect(await lab.driver.inspect('kc', inTime())).toMatchObject({ state: 'paused' });
    await lab.driver.setPaused('kc', 1, false, inTime());
    const kube = await lab.connect('kc', 'grader');
    expect((await kube.send({ method: 'GET', path: '/readyz' })).status).toBe(200);
    kube.close();
  });

  it(
    'is seen by the next service, and repaired by it after its node was stopped',
    async () => {
      const before = await lab.driver.inspect('kc', inTime());
      const next = lab.restart();
      await next.preflight();
      expect(await next.inspect('kc', inTime())).toEqual(before);
      docker('stop', '--time', '0', 'wh-kc-1-control-plane');
      expect(await next.inspect('kc', inTime())).toMatchObject({ state: 'stopped', nodes: [{ initPid: 0 }] });
      await next.repair('kc', 1, inTime(120_000));
      expect(await next.inspect('kc', inTime())).toMatchObject({ state: 'running', attempt: 1 });
    },
    LONG_MS,
  );

  it('keeps the grader, whatever an admin deletes', async () => {
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    const asAdmin = await lab.connect('kc', 'admin');
    for (const kind of ['rolebindings', 'roles', 'clusterroles', 'clusterrolebindings']) {
      expect((await asAdmin.send({ method: 'DELETE', path: `${rbac}/${kind}` })).status).toBeLessThan(500);
    }
    const kube = await lab.connect('kc', 'grader');
    for (const kind of ['clusterroles', 'clusterrolebindings']) {
      // Some rules are those of an admin, who loses them in the middle of it.
      await kube.send({ method: 'DELETE', path: `${rbac}/${kind}` });
    }
    const { body } = await kube.send({ method: 'GET', path: `${rbac}/clusterrolebindings` });
    expect((body as { items: unknown[] }).items).toEqual([]);
    expect((await kube.send({ method: 'GET', path: '/api/v1/pods' })).status).toBe(200);
    const fresh = await lab.connect('kc', 'learner');
    expect((await fresh.send({ method: 'GET', path: '/api/v1/pods' })).status).toBe(403);
    for (const one of [kube, fresh, asAdmin]) one.close();
  });

  it('leaves nothing when it is destroyed', async () => {
    const volumes = await lab.volumes();
    expect(volumes.length).toBeGreaterThan(0);
    await lab.driver.destroy('kc', inTime(60_000));
    expect(await lab.traces()).toEqual(NOTHING);
    const left = docker('volume', 'ls', '-q');
    expect(left.filter((name) => volumes.includes(name))).toEqual([]);
  }, 60_000);

  it(
    'ends a creation that is under way, and leaves nothing of it either',
    async () => {
      const making = makeCluster(lab.driver, { id: 'kd' });
      const failed = expect(making).rejects.toMatchObject({ code: 'timeout' });
      await nodeAppears(lab.driver, 'kd');
      await lab.driver.destroy('kd', inTime(60_000));
      await failed;
      expect(await lab.traces()).toEqual(NOTHING);
    },
    LONG_MS,
  );

  it(
    'is taken up half-made by the next service',
    async () => {
      const cancel = new AbortController();
      const [network, create, ready] = lab.driver.plan('ke', 1, { nodes: 1 }).steps;
      const context = (signal: AbortSignal) =>
        ({
          ...inTime(LONG_MS),
          signal,
          id: 'ke',
          attempt: 1,
          facts: {},
          note: () => {},
          logger: console,
        }) as never;
      await network!.run(context(cancel.signal));
      const making = expect(create!.run(context(cancel.signal))).rejects.toMatchObject({ code: 'timeout' });
      await nodeAppears(lab.driver, 'ke');
      cancel.abort();
      await making;
      const next = lab.restart();
      await next.preflight();
      expect(await next.list(inTime())).toMatchObject([{ id: 'ke', state: 'creating' }]);
      const whole = AbortSignal.timeout(LONG_MS);
      const [, again] = next.plan('ke', 1, { nodes: 1 }).steps;
      await again!.run(context(whole));
      await ready!.run(context(whole));
      expect(await next.list(inTime())).toMatchObject([{ id: 'ke', state: 'running' }]);
    },
    LONG_MS,
  );

  it('touches nothing that is not ours, and says what is in the way', async () => {
    docker('network', 'create', '--subnet', '10.251.255.0/26', 'wh-kf-1');
    try {
      await expect(makeCluster(lab.driver, { id: 'kf' })).rejects.toMatchObject({
        code: 'conflict',
        detail: expect.stringContaining('wh-kf-1'),
      });
      await lab.driver.destroy('kf', inTime());
      expect(docker('network', 'ls', '--format', '{{.Name}}')).toContain('wh-kf-1');
    } finally {
      docker('network', 'rm', 'wh-kf-1');
    }
  });

  it('goes with its installation', async () => {
    const { stateDir, installId } = lab;
    const fence = new Fence({ installId });
    expect(await sweepClusters({ stateDir, installId, fence })).toEqual(['wh-ke-1']);
    expect(await lab.traces()).toEqual(NOTHING);
  }, 60_000);
});

/** A request with a bearer token, which the driver itself never uses. */
async function bearer(
  lab: KindLab,
  token: string,
  o: { method: string; path: string; body?: string },
): Promise<{ status: number; text: string }> {
  const access = await lab.driver.access('kc', 1, 'grader', inTime());
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/merge-patch+json' };
  return new Promise((resolve, reject) => {
    const sent = request(
      `${access.server}${o.path}`,
      { ca: access.ca, method: o.method, headers, agent: false },
      (response) => {
        let text = '';
        response.on('data', (bytes: Buffer) => (text += bytes.toString()));
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    sent.once('error', reject);
    sent.end(o.body);
  });
}
