import type { KubeObject } from '../../kube/object.js';
import { sha256 } from '../fingerprint.js';
import { isObject, type Json, type JsonObject } from '../json.js';

const MAX_DEPTH = 64;

/** Counters that the API leaves out when they are 0; patterns and expressions want the number. */
const COUNTERS: Record<string, string> = {
  Deployment:
    'observedGeneration replicas updatedReplicas readyReplicas availableReplicas unavailableReplicas',
  ReplicaSet: 'observedGeneration replicas fullyLabeledReplicas readyReplicas availableReplicas',
  StatefulSet: 'observedGeneration replicas readyReplicas currentReplicas updatedReplicas availableReplicas',
  DaemonSet:
    'observedGeneration currentNumberScheduled numberMisscheduled desiredNumberScheduled numberReady updatedNumberScheduled numberAvailable numberUnavailable',
  Job: 'active succeeded failed',
};

/** An object as assertions see it: keys in order, no `managedFields`, no secret, all counters there. */
export function normaliseObject(object: KubeObject): KubeObject {
  const copy = sorted(object as unknown as Json, 0) as unknown as KubeObject;
  delete copy.metadata['managedFields'];
  const counters = COUNTERS[copy.kind ?? ''];
  if (counters !== undefined) {
    const status = isObject(copy['status'] as Json) ? (copy['status'] as JsonObject) : {};
    for (const name of counters.split(' ')) status[name] ??= 0;
    copy['status'] = status;
  }
  return copy.kind === 'Secret' ? withoutSecrets(copy) : copy;
}

function sorted(value: Json, depth: number): Json {
  if (depth >= MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.map((item) => sorted(item, depth + 1));
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value).sort()) result[key] = sorted(value[key]!, depth + 1);
  return result;
}

/** Values become hashes of their bytes: equal ones can be told, what they are cannot. */
function withoutSecrets(secret: KubeObject): KubeObject {
  const data = secret['data'] as Record<string, string> | undefined;
  if (data) {
    secret['data'] = Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, `sha256:${sha256(Buffer.from(value, 'base64'))}`]),
    );
  }
  delete secret['stringData'];
  // kubectl keeps the whole manifest here.
  delete secret.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'];
  return secret;
}
