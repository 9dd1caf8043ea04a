import type { KubeConfig } from '@kubernetes/client-node';
import type { ClusterAccess } from '../drivers/cluster-driver.js';

/** The library, loaded when first needed: that takes 0.4 s and some tens of megabytes. */
export function clientNode(): Promise<typeof import('@kubernetes/client-node')> {
  return import('@kubernetes/client-node');
}

export async function configOf(access: ClusterAccess): Promise<KubeConfig> {
  const { KubeConfig } = await clientNode();
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'cluster', server: access.server, caData: base64(access.ca), skipTLSVerify: false },
    { name: access.user, certData: base64(access.cert), keyData: base64(access.key) },
  );
  return config;
}
