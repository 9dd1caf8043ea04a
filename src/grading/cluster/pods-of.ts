import type { Owner } from '../probes/kube-params.js';
import type { ClusterObjects } from './cluster-objects.js';

const POD = { apiVersion: 'v1', kind: 'Pod' };

/** What of a pod one needs to read its logs or to run a command in it. */
export interface PodPlace {
  namespace: string;
  pod: string;
  container: string;
  running: boolean;
  restarts: number;
}

interface PodParts {
  spec?: { containers?: { name: string }[] };
  status?: { containerStatuses?: { name: string; restartCount?: number; state?: { running?: object } }[] };
}

/** The pods that a question names, by name. */
export function podsOf(
  objects: ClusterObjects,
  o: { namespace: string; pod?: string; ownedBy?: Owner; container?: string },
): PodPlace[] {
  const { namespace, ownedBy } = o;
  const named = o.pod === undefined ? undefined : objects.get(POD, namespace, o.pod);
  const found = o.pod === undefined ? objects.list(POD, { namespace, ownedBy }) : named ? [named] : [];
  return found.flatMap(({ object }) => {
    const { spec, status } = object as PodParts;
    const container = o.container ?? spec?.containers?.[0]?.name;
    if (container === undefined) return [];
    const state = status?.containerStatuses?.find((c) => c.name === container);
    const { name: pod } = object.metadata;
    return [
      {
        namespace,
        pod,
        container,
        running: state?.state?.running !== undefined,
        restarts: state?.restartCount ?? 0,
      },
    ];
  });
}
