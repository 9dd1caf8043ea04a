import { z } from 'zod';

/** `main` is the lab host's own namespace; else a name under /run/netns inside it. */
const nsName = z
  .string()
  .regex(
    /^[A-Za-z0-9_.-]{1,64}$/,
    'must be "main" or a namespace name of [A-Za-z0-9_.-], at most 64 characters',
  )
  .refine((name) => name !== '.' && name !== '..', 'is no namespace name');
const ifname = z.string().regex(/^[^\s/]{1,15}$/, 'must be an interface name of at most 15 characters');
const inNamespace = z.strictObject({ ns: nsName });

export const pingParams = z.strictObject({
  from: nsName,
  to: z.strictObject({ ns: nsName, addr: z.union([z.ipv4(), z.ipv6()], { error: 'must be an IP address' }) }),
  count: z.int().min(1).max(5).default(3),
  via: z
    .array(z.strictObject({ ns: nsName, ifname }))
    .max(8)
    .default([]),
});
export type PingParams = z.infer<typeof pingParams>;

/** Every probe that lab.yaml may name, with its parameters. */
export const probeParams = {
  'netns.list': z.strictObject({}),
  'netns.links': inNamespace,
  'netns.addrs': inNamespace,
  'netns.neigh': inNamespace,
  'netns.routes': z.strictObject({ ns: nsName, table: z.literal('main').default('main') }),
  'net.ping': pingParams,
  'ovs.bridges': z.strictObject({ name: z.string().max(64).optional() }),
} as const;

export type ProbeName = keyof typeof probeParams;
export type ProbeCall = {
  [K in ProbeName]: { probe: K; params: z.infer<(typeof probeParams)[K]> };
}[ProbeName];

export const PROBE_NAMES = Object.keys(probeParams) as ProbeName[];

/** What a lab host must offer for the probe to work. */
export const PROBE_REQUIRES: Record<ProbeName, 'netns' | 'ovs'> = {
  'netns.list': 'netns',
  'netns.links': 'netns',
  'netns.addrs': 'netns',
  'netns.neigh': 'netns',
  'netns.routes': 'netns',
  'net.ping': 'netns',
  'ovs.bridges': 'ovs',
};

/** Probes that send packets: run only once an objective is unblocked, and rarely. */
export const ACTIVE_PROBES: ReadonlySet<ProbeName> = new Set(['net.ping']);

export type ParsedCall = { call: ProbeCall } | { problem: string };

/** `{ netns.links: { ns: red } }` -> a checked call, or what is wrong with it. */
export function parseCall(raw: unknown): ParsedCall {
  const entries = typeof raw === 'object' && raw !== null ? Object.entries(raw) : [];
  if (entries.length !== 1)
    return { problem: 'must be one probe call, such as { netns.links: { ns: red } }' };
  const [name, params] = entries[0]!;
  if (!Object.hasOwn(probeParams, name)) {
    return { problem: `unknown probe ${name}; known: ${PROBE_NAMES.join(', ')}` };
  }
  const parsed = probeParams[name as ProbeName].safeParse(params ?? {});
  if (parsed.success) return { call: { probe: name, params: parsed.data } as ProbeCall };
  const issue = parsed.error.issues[0]!;
  return { problem: `${[name, ...issue.path].join('.')}: ${issue.message}` };
}
