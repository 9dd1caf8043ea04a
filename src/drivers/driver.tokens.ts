/** Injection token of the HostDriver that preflight chose. */
export const HOST_DRIVER = Symbol('host-driver');
