import { z } from 'zod';
import type { Netconf } from '../../linux/netns/netconf.js';
import { seen, type Observation } from '../observation.js';
import { nsName } from './netns-params.js';
import type { Round } from './round.js';

/**
 * Settings that can be read without a process of their own: the kernel tells them, and every change of them, beside
 * links and routes.
 */
const SETTINGS = {
  ipv4: { forwarding: 'forwarding', proxy_arp: 'proxyNeigh', rp_filter: 'rpFilter' },
  ipv6: { forwarding: 'forwarding', proxy_ndp: 'proxyNeigh' },
} as const satisfies Record<string, Record<string, keyof Netconf>>;

const KEY = /^net\.(ipv4|ipv6)\.conf\.([A-Za-z0-9_-]{1,15})\.([a-z_]+)$/;
const IP_FORWARD = 'net.ipv4.ip_forward';
const KNOWN =
  'net.ipv4.ip_forward, net.ipv4.conf.IF.{forwarding,proxy_arp,rp_filter}, net.ipv6.conf.IF.{forwarding,proxy_ndp}';

interface Setting {
  family: string;
  ifname: string;
  field: keyof Netconf;
}

function settingOf(key: string): Setting | undefined {
  // Two names of one setting.
  if (key === IP_FORWARD) return { family: 'inet', ifname: 'all', field: 'forwarding' };
  const found = KEY.exec(key);
  if (!found) return undefined;
  const [, version, ifname, name] = found as unknown as [string, keyof typeof SETTINGS, string, string];
  const fields: Record<string, keyof Netconf> = SETTINGS[version];
  if (!Object.hasOwn(fields, name)) return undefined;
  return { family: version === 'ipv4' ? 'inet' : 'inet6', ifname, field: fields[name]! };
}

export const netnsSysctlParams = z.strictObject({
  ns: nsName,
  keys: z
    .array(z.string().refine((key) => settingOf(key) !== undefined, `must be one of ${KNOWN}`))
    .min(1)
    .max(32),
});

/** `{key: number}`; null for a setting of an interface that is not there; null when there is no such namespace. */
export async function netnsSysctl(
  round: Round,
  { ns, keys }: z.infer<typeof netnsSysctlParams>,
): Promise<Observation> {
  const rows = await round.table(ns, 'netconf');
  if (!rows) return seen(null);
  const valueOf = (key: string): number | null => {
    const { family, ifname, field } = settingOf(key)!;
    const row = rows.find((r) => r.family === family && r.ifname === ifname);
    return row === undefined ? null : Number(row[field]);
  };
  return seen(Object.fromEntries(keys.map((key) => [key, valueOf(key)])));
}
