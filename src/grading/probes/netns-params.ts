import { z } from 'zod';

/** `main` is the lab host's own namespace; else a name under /run/netns inside it. */
export const nsName = z
  .string()
  .regex(
    /^[A-Za-z0-9_.-]{1,64}$/,
    'must be "main" or a namespace name of [A-Za-z0-9_.-], at most 64 characters',
  )
  .refine((name) => name !== '.' && name !== '..', 'is no namespace name');
export const ipAddress = z.union([z.ipv4(), z.ipv6()], { error: 'must be an IP address' });

const ifname = z.string().regex(/^[^\s/]{1,15}$/, 'must be an interface name of at most 15 characters');
const inNamespace = z.strictObject({ ns: nsName });

/** Interfaces that it must pass. */
export const viaParams = z
  .array(z.strictObject({ ns: nsName, ifname }))
  .max(8)
  .default([]);

export const pingParams = z.strictObject({
  from: nsName,
  to: z.strictObject({ ns: nsName, addr: ipAddress }),
  count: z.int().min(1).max(5).default(3),
  via: viaParams,
});
export type PingParams = z.infer<typeof pingParams>;

export const netnsParams = {
  'netns.list': z.strictObject({}),
  'netns.links': inNamespace,
  'netns.addrs': inNamespace,
  'netns.neigh': inNamespace,
  'netns.routes': z.strictObject({ ns: nsName, table: z.literal('main').default('main') }),
  'netns.nft': inNamespace,
  'net.ping': pingParams,
  'ovs.bridges': z.strictObject({ name: z.string().max(64).optional() }),
} as const;
