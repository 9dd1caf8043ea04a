import { ADMINS, LEARNERS } from './identities.js';

const READ = ['get', 'list', 'watch'];
const EDIT = [...READ, 'create', 'update', 'patch', 'delete', 'deletecollection'];

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

const rule = (group: string, resources: string[], verbs: string[]): Rule => ({
  apiGroups: [group],
  resources,
  verbs,
});

/**
 * What a learner may do. No `*` in the core group: it would hold `nodes/proxy`, which is root on the node. No writes to
 * what works for the whole cluster: volumes and storage classes (paths of the node), webhooks, policies, roles,
 * certificates, nodes. Namespaced roles are safe: the API server lets nobody grant more than they have.
 */
const RULES: Rule[] = [
  rule(
    '',
    [
      'pods',
      'pods/attach',
      'pods/ephemeralcontainers',
      'pods/eviction',
      'pods/exec',
      'pods/log',
      'pods/portforward',
      'pods/proxy',
      'pods/resize',
      'pods/status',
      'services',
      'services/proxy',
      'services/status',
      'configmaps',
      'secrets',
      'serviceaccounts',
      'serviceaccounts/token',
      'endpoints',
      'events',
      'namespaces',
      'namespaces/status',
      'persistentvolumeclaims',
      'persistentvolumeclaims/status',
      'replicationcontrollers',
      'replicationcontrollers/scale',
      'podtemplates',
      'limitranges',
      'resourcequotas',
    ],
    EDIT,
  ),
  rule('', ['nodes', 'nodes/status', 'persistentvolumes', 'componentstatuses'], READ),
  rule('apps', ['*'], EDIT),
  rule('batch', ['*'], EDIT),
  rule('autoscaling', ['*'], EDIT),
  rule('policy', ['*'], EDIT),
  rule('networking.k8s.io', ['ingresses', 'ingresses/status', 'networkpolicies'], EDIT),
  rule('discovery.k8s.io', ['endpointslices'], EDIT),
  rule('events.k8s.io', ['events'], EDIT),
  rule('coordination.k8s.io', ['leases'], EDIT),
  rule('rbac.authorization.k8s.io', ['roles', 'rolebindings'], EDIT),
  ...[
    'networking.k8s.io',
    'rbac.authorization.k8s.io',
    'storage.k8s.io',
    'scheduling.k8s.io',
    'node.k8s.io',
    'apiextensions.k8s.io',
    'apiregistration.k8s.io',
    'admissionregistration.k8s.io',
    'certificates.k8s.io',
    'flowcontrol.apiserver.k8s.io',
    'metrics.k8s.io',
  ].map((group) => rule(group, ['*'], READ)),
];

function binding(name: string, role: string, group: string): KubeObject {
  const api = 'rbac.authorization.k8s.io';
  return {
    path: `/apis/${api}/v1/clusterrolebindings/${name}`,
    body: {
      apiVersion: `${api}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: api, kind: 'ClusterRole', name: role },
      subjects: [{ apiGroup: api, kind: 'Group', name: group }],
    },
  };
}

/** An object and its place in the API. */
export interface KubeObject {
  path: string;
  body: Record<string, unknown>;
}

export function roleObjects(): KubeObject[] {
  const name = 'wheelhouse:learner';
  return [
    {
      path: `/apis/rbac.authorization.k8s.io/v1/clusterroles/${name}`,
      body: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name },
        rules: RULES,
      },
    },
    binding('wheelhouse:learners', name, LEARNERS),
    binding('wheelhouse:admins', 'cluster-admin', ADMINS),
  ];
}
