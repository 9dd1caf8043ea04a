import { parse, stringify } from 'yaml';
import type { ClusterAccess } from '../drivers/cluster-driver.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const unbase64 = (text: string): string => Buffer.from(text, 'base64').toString('utf8');

/** A kubeconfig with one context, everything in it: it works wherever the server can be reached. */
export function kubeconfigText(access: ClusterAccess, o: { name: string; namespace?: string }): string {
  const { server, ca, cert, key, user } = access;
  const context = { cluster: o.name, user, ...(o.namespace === undefined ? {} : { namespace: o.namespace }) };
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': o.name,
      clusters: [{ name: o.name, cluster: { server, 'certificate-authority-data': base64(ca) } }],
      contexts: [{ name: o.name, context }],
      users: [
        { name: user, user: { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) } },
      ],
    },
    { lineWidth: 0 },
  );
}

interface Kubeconfig {
  'current-context'?: string;
  clusters?: { name: string; cluster: Record<string, string> }[];
  contexts?: { name: string; context: Record<string, string> }[];
  users?: { name: string; user: Record<string, string> }[];
}

/** The current context of a kubeconfig whose certificates stand in it, such as kind writes. Throws on any other. */
export function accessOfKubeconfig(text: string): ClusterAccess {
  const config = parse(text) as Kubeconfig;
  const context = config.contexts?.find((c) => c.name === config['current-context'])?.context;
  const cluster = config.clusters?.find((c) => c.name === context?.['cluster'])?.cluster;
  const user = config.users?.find((u) => u.name === context?.['user'])?.user;
  const server = cluster?.['server'];
  const ca = cluster?.['certificate-authority-data'];
  const cert = user?.['client-certificate-data'];
  const key = user?.['client-key-data'];
  if (server === undefined || ca === undefined || cert === undefined || key === undefined) {
    throw new Error(
      'the kubeconfig has no current context with a server, a CA, a client certificate and a key in it',
    );
  }
  return {
    server,
    ca: unbase64(ca),
    cert: unbase64(cert),
    key: unbase64(key),
    user: context?.['user'] ?? 'user',
    expiresAt: new Date(Date.now() + 24 * 3_600_000),
  };
}
