import { builtInByKind } from '../../kube/kinds.js';
import type { ProbeCall } from '../probes/calls.js';
import type { Owner } from '../probes/kube-params.js';
import { ownerKinds } from './ownership.js';

export interface KindInUse {
  apiVersion: string;
  kind: string;
}

/** Kinds that a question is answered from; only these are watched. */
export function kindsOf(call: ProbeCall): KindInUse[] {
  switch (call.probe) {
    case 'kube.get':
      return [pick(call.params)];
    case 'kube.list':
      return [pick(call.params), ...ownersOf(call.params.ownedBy)];
    case 'kube.logs':
    case 'kube.exec':
      return [POD, ...ownersOf(call.params.ownedBy)];
    case 'kube.runtime':
      return call.params.ownedBy ? [POD, ...ownersOf(call.params.ownedBy)] : [];
    case 'http.get':
      if ('pods' in call.params.to) return [POD, ...ownersOf(call.params.to.pods.ownedBy)];
      return 'addr' in call.params.to ? [] : [pick(builtInByKind('Service')!)];
    default:
      return [];
  }
}

const POD = pick(builtInByKind('Pod')!);

function pick({ apiVersion, kind }: KindInUse): KindInUse {
  return { apiVersion, kind };
}

function ownersOf(owner: Owner | undefined): KindInUse[] {
  return owner ? ownerKinds(owner).map(pick) : [];
}

export function isPodKind({ apiVersion, kind }: KindInUse): boolean {
  return apiVersion === 'v1' && kind === 'Pod';
}
