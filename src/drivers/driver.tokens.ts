/** Injection token of the HostDriver that preflight chose. */
export const HOST_DRIVER = Symbol('host-driver');
/** Injection token of the ClusterDriver that preflight chose. */
export const CLUSTER_DRIVER = Symbol('cluster-driver');
