import type { ClusterSession } from '../cluster/cluster-session.js';
import { kubeletRunsOn } from '../cluster/attribution.js';
import { podProcesses } from '../cluster/node-processes.js';
import { KubeError } from '../../kube/kube-error.js';
import { isDeeper, type Json } from '../json.js';
import { faulted, seen, type Observation, type ProbeFault } from '../observation.js';
import type { CallOf, ProbeCall } from './calls.js';
import { kubeExec } from './kube-exec.js';
import { kubeLogs } from './kube-logs.js';
import { watchedObservation, watchFault } from './kube-objects.js';

const POD = { apiVersion: 'v1', kind: 'Pod' };

/** Never rejects: what goes wrong is an observation that says whose doing it is. */
export async function runKubeProbe(session: ClusterSession, call: ProbeCall): Promise<Observation> {
  try {
    switch (call.probe) {
      case 'kube.get':
      case 'kube.list':
        return watchedObservation(session, call);
      case 'kube.api':
        return await kubeApi(session, call);
      case 'kube.runtime':
        return kubeRuntime(session, call);
      case 'kube.can-i':
        return await kubeCanI(session, call);
      case 'kube.logs':
        return withWatches(session, call) ?? (await kubeLogs(session, call.params, call.notBefore));
      case 'kube.exec':
        return withWatches(session, call) ?? (await kubeExec(session, call.params));
      default:
        return faulted('platform', 'unprobed', `${call.probe} is no probe of a cluster`);
    }
  } catch (error) {
    return { value: null, fault: faultOf(session, error) };
  }
}

function withWatches(session: ClusterSession, call: ProbeCall): Observation | undefined {
  const fault = watchFault(session, call);
  return fault ? { value: null, fault } : undefined;
}

function faultOf(session: ClusterSession, error: unknown): ProbeFault {
  if (!(error instanceof KubeError)) return { cause: 'platform', code: 'ended', detail: String(error) };
  const { code, message: detail } = error;
  switch (code) {
    case 'refused':
    case 'certificate':
    case 'too-large':
    case 'invalid':
    case 'conflict':
      return { cause: 'tenant', code, detail };
    default: {
      // What goes through the node's kubelet fails with it; without one it is the learner's doing.
      const silent = session.o.nodes.find((node) => node.initPid > 0 && !kubeletRunsOn(node));
      if (silent)
        return { cause: 'tenant', code: 'node-silent', detail: `the kubelet of ${silent.name} does not run` };
      return session.blame(code);
    }
  }
}

async function kubeApi({ reader }: ClusterSession, { params }: CallOf<'kube.api'>): Promise<Observation> {
  const { status, body } = await reader.raw(params.path);
  let parsed: Json = body.slice(0, 4096);
  if (params.path === '/version') {
    try {
      const value = JSON.parse(body) as Json;
      if (!isDeeper(value)) parsed = value;
    } catch {
      // Shown as it is.
    }
  }
  return seen({ status, body: parsed });
}

/** Pods that have processes on a node, as the machine's kernel counts them. */
function kubeRuntime(session: ClusterSession, call: CallOf<'kube.runtime'>): Observation {
  const { ownedBy, namespace } = call.params;
  let wanted: Set<string | undefined> | undefined;
  if (ownedBy) {
    const fault = watchFault(session, call);
    if (fault) return { value: null, fault };
    const pods = session.objects.list(POD, { namespace, ownedBy });
    wanted = new Set(pods.map(({ object }) => object.metadata.uid));
  }
  const counts = session.o.nodes.flatMap((node) => [...podProcesses(node.cgroup)]);
  const rows = counts
    .filter(([podUid]) => wanted === undefined || wanted.has(podUid))
    .map(([podUid, pids]) => ({ podUid, pids }));
  return seen(rows.sort((a, b) => (a.podUid < b.podUid ? -1 : 1)));
}

async function kubeCanI(session: ClusterSession, { params }: CallOf<'kube.can-i'>): Promise<Observation> {
  const [full = '', subresource = ''] = params.resource.split('/');
  const dot = full.indexOf('.');
  const resourceAttributes = {
    verb: params.verb,
    group: dot < 0 ? '' : full.slice(dot + 1),
    resource: dot < 0 ? full : full.slice(0, dot),
    ...(subresource === '' ? {} : { subresource }),
    ...(params.namespace === undefined ? {} : { namespace: params.namespace }),
    ...(params.name === undefined ? {} : { name: params.name }),
  };
  const { user, groups } = await session.o.learner();
  return seen({ allowed: await session.reader.mayDo({ user, groups, resourceAttributes }) });
}
