import { CAPABILITIES } from '../labs/capability.js';
import type { HostDriver } from '../drivers/host-driver.js';

/** What the engine offers a sandbox: of the lab host what its driver found to work, of a real cluster everything. */
export function offeredTo(o: {
  host: Pick<HostDriver, 'capabilities'> | undefined;
  cluster: boolean;
}): ReadonlySet<string> {
  const ofCluster = CAPABILITIES.filter((name) => name.startsWith('kube.'));
  const ofHost = CAPABILITIES.filter((name) => !name.startsWith('kube.'));
  const host = o.host?.capabilities?.() ?? ofHost;
  return new Set<string>([...host, ...(o.cluster ? ofCluster : [])]);
}
