export interface OriginPolicy {
  /** `https://labs.example.org`, port included where it is not the scheme's own. */
  allowedOrigins: readonly string[];
  /** `labs.example.org:8080`; empty: the loopback names and `bindHost`. */
  allowedHosts: readonly string[];
  bindHost: string;
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** A Host that we do not serve is a page that rebound its own name to our address. */
export function hostAllowed(policy: OriginPolicy, host: string | undefined): boolean {
  if (host === undefined) return false;
  if (policy.allowedHosts.length > 0) return policy.allowedHosts.includes(host);
  const name = host.replace(/:\d+$/, '');
  return LOOPBACK.includes(name) || name === policy.bindHost;
}

/** Exact match with scheme, host and port, or our own page. `null` is never allowed; undefined is not asked here. */
export function originAllowed(policy: OriginPolicy, origin: string, host: string): boolean {
  if (policy.allowedOrigins.includes(origin)) return true;
  return origin === `http://${host}` || origin === `https://${host}`;
}
