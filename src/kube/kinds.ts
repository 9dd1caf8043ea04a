/** Where objects of a kind live in the API. */
export interface Resource {
  apiVersion: string;
  kind: string;
  plural: string;
  namespaced: boolean;
}

/** Kinds that every Kubernetes has: known without asking a server that belongs to the learner. */
const BUILT_IN: [apiVersion: string, namespaced: boolean, kinds: string][] = [
  [
    'v1',
    true,
    'Pod Service ConfigMap Secret ServiceAccount Event PersistentVolumeClaim ReplicationController',
  ],
  ['v1', true, 'LimitRange ResourceQuota Endpoints PodTemplate'],
  ['v1', false, 'Namespace Node PersistentVolume'],
  ['apps/v1', true, 'Deployment ReplicaSet StatefulSet DaemonSet ControllerRevision'],
  ['batch/v1', true, 'Job CronJob'],
  ['discovery.k8s.io/v1', true, 'EndpointSlice'],
  ['networking.k8s.io/v1', true, 'Ingress NetworkPolicy'],
  ['networking.k8s.io/v1', false, 'IngressClass'],
  ['rbac.authorization.k8s.io/v1', true, 'Role RoleBinding'],
  ['rbac.authorization.k8s.io/v1', false, 'ClusterRole ClusterRoleBinding'],
  ['autoscaling/v2', true, 'HorizontalPodAutoscaler'],
  ['policy/v1', true, 'PodDisruptionBudget'],
  ['coordination.k8s.io/v1', true, 'Lease'],
  ['storage.k8s.io/v1', false, 'StorageClass'],
  ['scheduling.k8s.io/v1', false, 'PriorityClass'],
  ['apiextensions.k8s.io/v1', false, 'CustomResourceDefinition'],
];

const known = new Map<string, Resource>();
for (const [apiVersion, namespaced, kinds] of BUILT_IN) {
  for (const kind of kinds.split(' ')) {
    known.set(`${apiVersion} ${kind}`, { apiVersion, kind, namespaced, plural: pluralOf(kind) });
  }
}

/** By the rule that Kubernetes itself follows. */
function pluralOf(kind: string): string {
  const word = kind.toLowerCase();
  if (word === 'endpoints') return word;
  if (/(s|x|ch|sh)$/.test(word)) return `${word}es`;
  return word.endsWith('y') ? `${word.slice(0, -1)}ies` : `${word}s`;
}

export function builtInResource(apiVersion: string, kind: string): Resource | undefined {
  return known.get(`${apiVersion} ${kind}`);
}

/** The built-in kind of that name, in whichever group it is. */
export function builtInByKind(kind: string): Resource | undefined {
  return [...known.values()].find((resource) => resource.kind === kind);
}

/** Path of the API that serves the group and version. */
export function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

export function resourcePath(resource: Resource, namespace?: string, name?: string): string {
  const parts = [groupPath(resource.apiVersion)];
  if (resource.namespaced && namespace !== undefined) parts.push('namespaces', encodeURIComponent(namespace));
  parts.push(resource.plural);
  if (name !== undefined) parts.push(encodeURIComponent(name));
  return parts.join('/');
}
