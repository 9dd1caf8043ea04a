import { LEARNERS, SYSTEM_NAMESPACES, EXEMPT_NAMESPACES } from './identities.js';
import type { KubeObject } from './learner-role.js';

const API = 'admissionregistration.k8s.io';
const ENFORCE = 'pod-security.kubernetes.io/enforce';
export const FENCE_POLICY = 'wheelhouse-fence';

const list = (names: string[]): string => `[${names.map((name) => `'${name}'`).join(', ')}]`;

/** A learner, and whoever a learner can make: service accounts outside the cluster's own namespaces. */
const RESTRICTED = `'${LEARNERS}' in request.userInfo.groups ||
  (request.userInfo.username.startsWith('system:serviceaccount:') &&
  !(request.userInfo.username.split(':')[2] in ${list(EXEMPT_NAMESPACES)}))`;

/** Of namespace objects the name counts: where the request's namespace is empty, that is the one. */
const IN_SYSTEM = `(has(request.namespace) && request.namespace in ${list(SYSTEM_NAMESPACES)}) ||
  (request.resource.resource == 'namespaces' && has(request.name) && request.name in ${list(SYSTEM_NAMESPACES)})`;

/** `status` and `finalize` of a namespace write its labels as well. */
const WEAKENS = `request.resource.group == '' && request.resource.resource == 'namespaces' && object != null &&
  has(object.metadata.labels) && '${ENFORCE}' in object.metadata.labels &&
  !(object.metadata.labels['${ENFORCE}'] in ['baseline', 'restricted'])`;

const everything = {
  apiGroups: ['*'],
  apiVersions: ['*'],
  operations: ['*'],
  resources: ['*/*'],
};

/** What roles cannot say: everything in all namespaces, present and future, but in those of the cluster itself. */
export function policyObjects(): KubeObject[] {
  const name = FENCE_POLICY;
  const policy = {
    apiVersion: `${API}/v1`,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: { resourceRules: [everything] },
      matchConditions: [{ name: 'restricted', expression: RESTRICTED }],
      validations: [
        {
          expression: `!(${IN_SYSTEM})`,
          message: 'this namespace belongs to the cluster itself: look at it, do not change it',
          reason: 'Forbidden',
        },
        {
          expression: `!(${WEAKENS})`,
          message: `${ENFORCE} may be baseline or restricted in this cluster`,
          reason: 'Forbidden',
        },
      ],
    },
  };
  const bound = {
    apiVersion: `${API}/v1`,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'] },
  };
  return [
    { path: `/apis/${API}/v1/validatingadmissionpolicies/${name}`, body: policy },
    { path: `/apis/${API}/v1/validatingadmissionpolicybindings/${name}`, body: bound },
  ];
}
