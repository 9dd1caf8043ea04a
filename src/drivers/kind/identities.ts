import type { ClusterIdentity } from '../cluster-driver.js';

export const LEARNERS = 'wheelhouse:learners';
export const ADMINS = 'wheelhouse:admins';
/** Allowed before any rule is looked at, so nothing in the cluster can take it away. */
const MASTERS = 'system:masters';

export const GROUPS: Record<ClusterIdentity, string> = { learner: LEARNERS, admin: ADMINS, grader: MASTERS };

/** A learner whose requests are ours: they test the lock-down, and are no activity. */
export const PROBE_USER = 'wheelhouse:probe';

/** Namespaces whose pods may be privileged: the cluster's own network and storage are. */
export const EXEMPT_NAMESPACES = ['kube-system', 'local-path-storage'];

/** Namespaces that a learner may look at, and not change. */
export const SYSTEM_NAMESPACES = [...EXEMPT_NAMESPACES, 'kube-public', 'kube-node-lease'];
