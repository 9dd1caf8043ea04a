import { z } from 'zod';

/** `ip -j netconf show`, as far as it is read. */
const netconfRow = z.object({
  family: z.string(),
  interface: z.string(),
  forwarding: z.boolean().optional(),
  proxy_neigh: z.boolean().optional(),
  rp_filter: z.string().optional(),
});

/** Settings of one interface and family, or of `all` and `default`, as the numbers that sysctl shows. */
export interface Netconf {
  family: string;
  ifname: string;
  forwarding: number;
  proxyNeigh: number;
  rpFilter: number;
}

const RP_FILTER: Record<string, number> = { off: 0, strict: 1, loose: 2 };

export function parseNetconf(value: unknown): Netconf[] {
  const list = z.array(z.unknown()).parse(value);
  return list
    .filter((row) => Object.keys(row as object).length > 0)
    .map((row) => netconfRow.parse(row))
    .map((row) => ({
      family: row.family,
      ifname: row.interface,
      forwarding: Number(row.forwarding ?? false),
      proxyNeigh: Number(row.proxy_neigh ?? false),
      rpFilter: RP_FILTER[row.rp_filter ?? 'off'] ?? 0,
    }));
}
