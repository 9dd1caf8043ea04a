import type { ClusterSession } from '../cluster/cluster-session.js';
import { nodeOf } from '../cluster/cluster-objects.js';
import { kindsOf } from '../cluster/kinds-in-use.js';
import type { StoredObject } from '../../kube/object-store.js';
import { MAX_LIST_ITEMS } from '../../kube/client.js';
import type { Json } from '../json.js';
import { faulted, seen, type Observation, type ProbeFault } from '../observation.js';
import type { CallOf, ProbeCall } from './calls.js';

const MAX_LIST_BYTES = 1024 * 1024;
/** An informer that cannot reach its server is believed this long: it resumes where it stood. */
const STALE_MS = 5000;

/** Answers from the watches, without asking anyone. */
export function watchedObservation(
  session: ClusterSession,
  call: CallOf<'kube.get'> | CallOf<'kube.list'>,
): Observation {
  const fault = watchFault(session, call);
  if (fault) return { value: null, fault };
  if (session.objects.informer(call.params).absent) return seen(null);
  return call.probe === 'kube.get' ? getObservation(session, call) : listObservation(session, call);
}

function getObservation({ objects, health }: ClusterSession, { params }: CallOf<'kube.get'>): Observation {
  const found = objects.get(params, params.namespace, params.name);
  if (!found) {
    // Among more objects than are kept, it may be one of those that are not.
    const { overflows } = objects.informer(params).store;
    return overflows ? tooMany(params.kind) : seen(null);
  }
  if (found.tooLarge) return faulted('tenant', 'too-large', `${params.kind} ${params.name} is too large`);
  return staleNode([found], health.stale()) ?? seen(found.object as unknown as Json);
}

function listObservation({ objects, health }: ClusterSession, { params }: CallOf<'kube.list'>): Observation {
  const found = objects.list(params, params);
  const { overflows } = objects.informer(params).store;
  if (overflows || found.length > MAX_LIST_ITEMS) return tooMany(params.kind);
  const bytes = found.reduce((sum, item) => sum + item.bytes, 0);
  if (bytes > MAX_LIST_BYTES || found.some((item) => item.tooLarge))
    return faulted('tenant', 'too-large', `the list of ${params.kind} is too large`);
  return staleNode(found, health.stale()) ?? seen(found.map((item) => item.object as unknown as Json));
}

function tooMany(kind: string): Observation {
  return faulted('tenant', 'too-large', `there are more than ${MAX_LIST_ITEMS} of ${kind}`);
}

/** What a silent node said of its pods is of the past. */
function staleNode(found: StoredObject[], stale: string[]): Observation | undefined {
  if (stale.length === 0) return undefined;
  const on = found.find(({ object }) => stale.includes(nodeOf(object) ?? ''));
  return on && faulted('tenant', 'node-silent', `the kubelet of ${nodeOf(on.object)} fell silent`);
}

/** Why the watches that a question needs cannot be believed; null when they can. */
export function watchFault(session: ClusterSession, call: ProbeCall): ProbeFault | null {
  const kinds = kindsOf(call);
  if (kinds.length > 0 && session.fault) return session.fault;
  const now = session.o.clock.monotonic();
  for (const kind of kinds) {
    const { error, known, brokenSince } = session.objects.informer(kind);
    if (error?.code === 'refused' || error?.code === 'certificate' || error?.code === 'too-large')
      return { cause: 'tenant', code: error.code, detail: error.message };
    if (!known && !error)
      return {
        cause: 'platform',
        code: 'connecting',
        detail: 'the cluster is being read for the first time',
      };
    if (error && brokenSince !== null && (!known || now - brokenSince > STALE_MS))
      return session.blame(error.code);
  }
  return null;
}
