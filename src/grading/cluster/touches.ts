import type { KubeChange } from '../../kube/informer.js';
import type { KubeObject } from '../../kube/object.js';
import type { ProbeCall } from '../probes/calls.js';
import { kindsOf } from './kinds-in-use.js';
import { isSelected } from './selection.js';

/** Whether an event may change the answer of a question. In doubt it may. */
export function changeTouches({ resource, now, before }: KubeChange, call: ProbeCall): boolean {
  const { apiVersion, kind } = resource;
  if (!kindsOf(call).some((k) => k.apiVersion === apiVersion && k.kind === kind)) return false;
  const objects = [now?.object, before?.object].filter((object) => object !== undefined);
  if (call.probe === 'kube.get') return objects.some((object) => isNamed(object, call.params));
  if (call.probe !== 'kube.list') return true;
  const { namespace } = call.params;
  // An owner need not fit the selection; that it changed may change what it owns.
  if (call.params.kind !== kind) return objects.some((object) => isSelected(object, { namespace }));
  return objects.some((object) => isSelected(object, call.params));
}

function isNamed({ metadata }: KubeObject, o: { namespace?: string; name: string }): boolean {
  if (metadata.name !== o.name) return false;
  return metadata.namespace === undefined || metadata.namespace === (o.namespace ?? 'default');
}
