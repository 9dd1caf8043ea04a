import { tracesOfMachine } from './attacks-evidence.js';
import type { ClusterContext } from './grading-kind.js';
import { DEP, OWNER, ready } from './grading-kube-objects.js';

const WEBHOOKS = 'ValidatingWebhookConfiguration';

/** Attack 11. The cluster is of no use to anybody afterwards. */
export function rights(context: ClusterContext): void {
  it('a webhook that refuses commands in containers is the doing of its maker, and blinds nothing else', async () => {
    const { cluster } = context;
    const webhook = {
      name: 'no.exec.test',
      clientConfig: { url: 'https://127.0.0.1:1/' },
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'], resources: ['pods/exec'] }],
      failurePolicy: 'Fail',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      timeoutSeconds: 1,
    };
    const metadata = { name: 'no-exec' };
    cluster.apply({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: WEBHOOKS,
      metadata,
      webhooks: [webhook],
    });
    const rig = context.rig({
      observe: { exec: { 'kube.exec': { ownedBy: OWNER, argv: ['true'] } }, dep: DEP },
      objectives: [ready, { id: 'ran', assert: { match: { exec: [{ exit: 0 }] } } }],
    });
    await rig.until('the refusal', async () => (await rig.observe('exec')).fault?.code === 'refused');
    expect((await rig.observe('exec')).fault).toMatchObject({ cause: 'tenant' });
    await rig.becomes('ready', 'passed');
    await rig.actor.check();
    expect(rig.state('ran')).not.toBe('error');
    cluster.kubectl('delete', WEBHOOKS, metadata.name);
  }, 60_000);

  it('no role, binding, account or secret of the cluster is the grader’s: it reads on when all are gone', async () => {
    const { cluster } = context;
    const rig = context.rig({
      observe: {
        signal: { 'kube.get': { apiVersion: 'v1', kind: 'ConfigMap', name: 'last' } },
        exec: { 'kube.exec': { ownedBy: OWNER, argv: ['true'] } },
        dep: DEP,
      },
      objectives: [{ id: 'last', assert: { match: { signal: { data: { a: 'b' } } } } }],
    });
    await rig.becomes('last', 'pending');
    // By the credential of the node: the other one is gone with its role.
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    const gone = [
      ...['clusterrolebindings', 'clusterroles'].map((kind) => `${rbac}/${kind}`),
      ...['rolebindings', 'roles'].map((kind) => `${rbac}/namespaces/kube-system/${kind}`),
      ...['serviceaccounts', 'secrets'].map((kind) => `/api/v1/namespaces/kube-system/${kind}`),
    ];
    for (const path of gone) cluster.asNode('delete', '--raw', path);
    expect(() => cluster.kubectl('get', 'pods')).toThrow(/forbidden/i);
    await cluster.config('last', { a: 'b' });
    await rig.becomes('last', 'passed');
    expect((await rig.observe('dep')).fault).toBeNull();
    const fresh = context.rig({ observe: { dep: DEP }, objectives: [ready] });
    await fresh.until('a first look', async () => (await fresh.observe('dep')).fault === null);
    expect(tracesOfMachine(rig.evidence)).toEqual([]);
  }, 90_000);
}
