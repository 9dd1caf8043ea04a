import { isObject, type Json, type JsonObject } from './json.js';

const IDENTITY = ['name', 'namespace', 'uid', 'resourceVersion', 'generation', 'labels'];

/** A Kubernetes object, or a list of them, cut down to what tells its story: who it is, its images, its counters. */
export function shrink(value: Json): Json {
  if (Array.isArray(value)) return value.map(shrink);
  if (!isObject(value) || !isObject(value['metadata'])) return value;
  return {
    kind: value['kind'] ?? null,
    metadata: pick(value['metadata'], (key) => IDENTITY.includes(key)),
    spec: { ...scalars(value['spec']), images: imagesOf(value['spec']) },
    status: scalars(value['status']),
  };
}

function pick(object: JsonObject, wanted: (key: string, value: Json) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key, value]) => wanted(key, value)));
}

function scalars(value: Json | undefined): JsonObject {
  return isObject(value) ? pick(value, (_, inner) => typeof inner !== 'object' || inner === null) : {};
}

/** Of a pod, or of the template of what makes pods. */
function imagesOf(spec: Json | undefined): Json {
  if (!isObject(spec)) return [];
  const template = spec['template'];
  const inner = isObject(template) ? template['spec'] : spec;
  const containers = isObject(inner) ? inner['containers'] : undefined;
  return Array.isArray(containers) ? containers.map((c) => (isObject(c) ? (c['image'] ?? null) : null)) : [];
}
