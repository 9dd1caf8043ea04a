import { X509Certificate } from 'node:crypto';
import type { Identity } from './cluster-session.js';

/** Who a client certificate says one is: its common name, and an organisation for each group. */
export function certificateIdentity(pem: string): Identity {
  const lines = new X509Certificate(pem).subject.split('\n');
  const values = (key: string): string[] =>
    lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
  return { user: values('CN')[0] ?? '', groups: [...values('O'), 'system:authenticated'] };
}
