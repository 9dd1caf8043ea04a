import type { KubeObject } from '../../kube/object.js';
import { isObject, type Json } from '../json.js';

export interface Selection {
  namespace?: string;
  labels?: Record<string, string>;
  fields?: Record<string, string>;
}

export function isSelected(object: KubeObject, o: Selection): boolean {
  if (o.namespace !== undefined && object.metadata.namespace !== undefined) {
    if (object.metadata.namespace !== o.namespace) return false;
  }
  const own = object.metadata.labels ?? {};
  const labelled = Object.entries(o.labels ?? {}).every(([key, value]) => own[key] === value);
  return labelled && Object.entries(o.fields ?? {}).every(([path, text]) => textAt(object, path) === text);
}

/** The value at `spec.nodeName` as text; numbers and booleans as kubectl writes them. */
function textAt(object: KubeObject, path: string): string | undefined {
  let at: Json | undefined = object as unknown as Json;
  for (const part of path.split('.')) at = isObject(at) ? at[part] : undefined;
  return at === undefined || at === null || typeof at === 'object' ? undefined : String(at);
}
