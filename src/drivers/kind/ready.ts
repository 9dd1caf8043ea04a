import { z } from 'zod';
import { DriverError } from '../driver-error.js';
import { FENCE_POLICY } from './fence-policy.js';
import { messageOf, type KubeCall } from './kube-call.js';
import { until } from './until.js';

const EVERY_MS = 100;

const nodeList = z.object({
  items: z.array(
    z.object({
      status: z.object({
        conditions: z.array(z.object({ type: z.string(), status: z.string() })).optional(),
      }),
    }),
  ),
});
const deployment = z.object({ status: z.object({ readyReplicas: z.number().optional() }) });

export interface ReadyOptions {
  nodes: number;
  /** system:masters. */
  kube: KubeCall;
  /** A learner whose requests are no activity. */
  learner: KubeCall;
  signal: AbortSignal;
}

type Look = () => Promise<true | undefined>;

function look(kube: KubeCall, path: string, holds: (body: unknown) => boolean): Look {
  return async () => {
    const { status, body } = await kube.send({ method: 'GET', path });
    return status === 200 && holds(body) ? true : undefined;
  };
}

const probePod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'wheelhouse-probe' },
  spec: { containers: [{ name: 'probe', image: 'probe', securityContext: { privileged: true } }] },
};
const probeMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'wheelhouse-probe' } };

/** The lock-down is tried, not believed: a learner's own request must be refused, for the right reason. */
function refused(learner: KubeCall, o: { path: string; body: unknown; reason: RegExp }): Look {
  return async () => {
    const { status, body } = await learner.send({
      method: 'POST',
      path: `${o.path}?dryRun=All`,
      body: o.body,
    });
    if (status === 403 && o.reason.test(messageOf(body))) return true;
    return undefined;
  };
}

/** Resolves when a learner can work, and cannot do what they must not. */
export async function awaitReady({ nodes, kube, learner, signal }: ReadyOptions): Promise<void> {
  const looks: Record<string, Look> = {
    'an API server that is ready': look(kube, '/readyz', () => true),
    'Ready of every node': look(kube, '/api/v1/nodes', (body) => {
      const { items } = nodeList.parse(body);
      const ready = items.filter(({ status }) =>
        status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'),
      );
      return ready.length >= nodes;
    }),
    'the default service account': look(
      kube,
      '/api/v1/namespaces/default/serviceaccounts/default',
      () => true,
    ),
    'a CoreDNS that answers': look(
      kube,
      '/apis/apps/v1/namespaces/kube-system/deployments/coredns',
      (body) => (deployment.parse(body).status.readyReplicas ?? 0) >= 1,
    ),
    'the refusal of privileged pods': refused(learner, {
      path: '/api/v1/namespaces/default/pods',
      body: probePod,
      reason: /PodSecurity/,
    }),
    'the fence of system namespaces': refused(learner, {
      path: '/api/v1/namespaces/kube-system/configmaps',
      body: probeMap,
      reason: new RegExp(FENCE_POLICY),
    }),
  };
  const gate = new AbortController();
  const each = AbortSignal.any([signal, gate.signal]);
  try {
    await Promise.all(
      Object.entries(looks).map(([what, one]) => until({ what, everyMs: EVERY_MS, signal: each }, one)),
    );
  } catch (error) {
    gate.abort();
    throw error instanceof z.ZodError
      ? new DriverError('command_failed', `an answer of the API server is not as expected: ${error.message}`)
      : error;
  }
}
