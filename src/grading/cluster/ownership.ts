import { builtInByKind, type Resource } from '../../kube/kinds.js';
import type { KubeObject } from '../../kube/object.js';
import type { Owner } from '../probes/kube-params.js';

/** Owners that stand between an object and the one that people name. */
const BETWEEN: Record<string, string> = { ReplicaSet: 'Deployment', Job: 'CronJob' };
const MAX_STEPS = 3;

/** Looks an object up by its kind; undefined when there is none. */
export type Finder = (kind: string, namespace: string | undefined, name: string) => KubeObject | undefined;

/** Kinds that must be watched to know what that owner owns. */
export function ownerKinds(owner: Owner): Resource[] {
  const between = Object.keys(BETWEEN).filter((kind) => BETWEEN[kind] === owner.kind);
  return [owner.kind, ...between].flatMap((kind) => builtInByKind(kind) ?? []);
}

/** By uid, not by name alone: what an owner before this one left behind is not its own. */
export function isOwned(object: KubeObject, owner: Owner, find: Finder, steps = 0): boolean {
  const { ownerReferences = [], namespace } = object.metadata;
  return ownerReferences.some((reference) => {
    const parent = find(reference.kind, namespace, reference.name);
    if (!parent || parent.metadata.uid !== reference.uid) return false;
    if (reference.kind === owner.kind && reference.name === owner.name) return true;
    return (
      steps < MAX_STEPS && BETWEEN[reference.kind] !== undefined && isOwned(parent, owner, find, steps + 1)
    );
  });
}
