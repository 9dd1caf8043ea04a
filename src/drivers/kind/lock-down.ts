import { DriverError } from '../driver-error.js';
import { policyObjects } from './fence-policy.js';
import { messageOf, type KubeAnswer, type KubeCall } from './kube-call.js';
import { roleObjects } from './learner-role.js';
import { until } from './until.js';

const EVERY_MS = 150;
const TOKENS = '/api/v1/namespaces/kube-system/secrets?fieldSelector=type%3Dbootstrap.kubernetes.io%2Ftoken';
const DNS = '/apis/apps/v1/namespaces/kube-system/deployments/coredns';

/** Sends until the API server, which is only just starting, accepts it. */
async function insist(what: string, signal: AbortSignal, send: () => Promise<KubeAnswer>): Promise<void> {
  await until({ what, everyMs: EVERY_MS, signal }, async () => {
    const { status, body } = await send();
    if (status < 300) return true;
    throw new DriverError('unavailable', `${what}: ${status} ${messageOf(body)}`);
  });
}

/** Roles and the fence, as soon as the API server takes them: long before kind is done. */
export async function applyLockDown(kube: KubeCall, signal: AbortSignal): Promise<void> {
  const apply = ({ path, body }: { path: string; body: unknown }) =>
    insist(path, signal, () =>
      kube.send({
        method: 'PATCH',
        path: `${path}?fieldManager=wheelhouse&force=true`,
        body,
        contentType: 'application/apply-patch+yaml',
        signal,
      }),
    );
  await Promise.all([...roleObjects(), ...policyObjects()].map(apply));
}

/**
 * One CoreDNS, looked at every second: the second one costs memory and serves nobody, and with kubeadm's ten seconds
 * between looks the first answer often comes that late. Before its pods run, so that none starts twice.
 */
export async function tuneDns(kube: KubeCall, signal: AbortSignal): Promise<void> {
  const containers = [{ name: 'coredns', readinessProbe: { periodSeconds: 1 } }];
  await insist('a single CoreDNS', signal, () =>
    kube.send({
      method: 'PATCH',
      path: DNS,
      body: { spec: { replicas: 1, template: { spec: { containers } } } },
      contentType: 'application/strategic-merge-patch+json',
      signal,
    }),
  );
}

/**
 * Ends the way in that kind leaves open, once all nodes have joined. Its bootstrap token is the same in all clusters of
 * the world: with it, anybody who reaches the API server can become a node.
 */
export async function dropJoinToken(kube: KubeCall, signal: AbortSignal): Promise<void> {
  await insist('removal of the bootstrap token', signal, () =>
    kube.send({ method: 'DELETE', path: TOKENS, signal }),
  );
}
