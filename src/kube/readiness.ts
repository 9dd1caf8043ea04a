import type { KubeObject } from './object.js';

interface Condition {
  type: string;
  status: string;
}

interface Parts {
  spec?: { replicas?: number; completions?: number };
  status?: {
    observedGeneration?: number;
    updatedReplicas?: number;
    availableReplicas?: number;
    readyReplicas?: number;
    desiredNumberScheduled?: number;
    numberAvailable?: number;
    phase?: string;
    conditions?: Condition[];
  };
}

/** Whether what the object makes can be used. Kinds that make nothing are available as soon as they exist. */
export function isAvailable(object: KubeObject): boolean {
  const { spec = {}, status = {} } = object as Parts;
  const has = (type: string): boolean =>
    status.conditions?.some((c) => c.type === type && c.status === 'True') === true;
  const { generation = 0 } = object.metadata as { generation?: number };
  const observed = (status.observedGeneration ?? 0) >= generation;
  const replicas = spec.replicas ?? 1;
  switch (object.kind) {
    case 'Deployment':
      return (
        observed && (status.updatedReplicas ?? 0) >= replicas && (status.availableReplicas ?? 0) >= replicas
      );
    case 'StatefulSet':
    case 'ReplicaSet':
      return observed && (status.readyReplicas ?? 0) >= replicas;
    case 'DaemonSet':
      return observed && (status.numberAvailable ?? 0) >= (status.desiredNumberScheduled ?? 1);
    case 'Pod':
      return has('Ready') || status.phase === 'Succeeded';
    case 'Job':
      return has('Complete');
    case 'Namespace':
      return status.phase === 'Active';
    case 'CustomResourceDefinition':
      return has('Established');
    default:
      return true;
  }
}
