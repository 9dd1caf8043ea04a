import { z } from 'zod';

const counters = z.object({ packets: z.number() });

/** `ip -j -d -s link show`, as far as it is read. */
const linkRow = z.object({
  ifindex: z.int(),
  ifname: z.string(),
  flags: z.array(z.string()),
  mtu: z.int(),
  address: z.string().optional(),
  master: z.string().optional(),
  /** Name of the other end, in the same namespace; with `link_netnsid` only its index is known. */
  link: z.string().nullish(),
  link_index: z.int().optional(),
  link_netnsid: z.int().optional(),
  linkinfo: z.object({ info_kind: z.string().optional() }).optional(),
  stats64: z.object({ rx: counters, tx: counters }).optional(),
});

const addrRow = z.object({
  ifname: z.string().optional(),
  addr_info: z
    .array(
      z.object({
        family: z.string().optional(),
        local: z.string().optional(),
        prefixlen: z.int().optional(),
        scope: z.string().optional(),
      }),
    )
    .default([]),
});

const routeRow = z.object({
  dst: z.string(),
  gateway: z.string().optional(),
  dev: z.string().optional(),
  protocol: z.string().optional(),
  scope: z.string().optional(),
  prefsrc: z.string().optional(),
});

const neighRow = z.object({
  dst: z.string(),
  dev: z.string(),
  lladdr: z.string().optional(),
  state: z.array(z.string()).default([]),
});

export interface Link {
  ifname: string;
  ifindex: number;
  kind: string | null;
  up: boolean;
  carrier: boolean;
  mtu: number;
  mac: string | null;
  master: string | null;
  rx: number;
  tx: number;
  /** What is known of the other end of a pair, for `resolvePeers`. */
  far: { name: string } | { index: number; netnsid: number } | null;
}

/** `ip` prints an empty object for a row that its filter dropped. */
function rows<T extends z.ZodType>(schema: T, value: unknown): z.infer<T>[] {
  const list = z.array(z.unknown()).parse(value);
  return list.filter((row) => Object.keys(row as object).length > 0).map((row) => schema.parse(row));
}

export function parseLinks(value: unknown): Link[] {
  return rows(linkRow, value).map((row) => ({
    ifname: row.ifname,
    ifindex: row.ifindex,
    kind: row.linkinfo?.info_kind ?? null,
    up: row.flags.includes('UP'),
    carrier: row.flags.includes('LOWER_UP'),
    mtu: row.mtu,
    mac: row.address ?? null,
    master: row.master ?? null,
    rx: row.stats64?.rx.packets ?? 0,
    tx: row.stats64?.tx.packets ?? 0,
    far: farEnd(row),
  }));
}

function farEnd(row: z.infer<typeof linkRow>): Link['far'] {
  if (row.linkinfo?.info_kind !== 'veth') return null;
  if (row.link_index !== undefined && row.link_netnsid !== undefined) {
    return { index: row.link_index, netnsid: row.link_netnsid };
  }
  return typeof row.link === 'string' ? { name: row.link } : null;
}

export interface Address {
  ifname: string;
  family: string;
  local: string;
  prefixlen: number;
  scope: string;
}

export function parseAddrs(value: unknown): Address[] {
  return rows(addrRow, value).flatMap((row) =>
    row.addr_info.flatMap((a) =>
      row.ifname === undefined || a.local === undefined || a.prefixlen === undefined
        ? []
        : [
            {
              ifname: row.ifname,
              family: a.family ?? 'inet',
              local: a.local,
              prefixlen: a.prefixlen,
              scope: a.scope ?? 'global',
            },
          ],
    ),
  );
}

export interface Route {
  dst: string;
  via: string | null;
  dev: string | null;
  proto: string | null;
  scope: string;
  src: string | null;
}

export function parseRoutes(value: unknown): Route[] {
  return rows(routeRow, value).map((row) => ({
    dst: row.dst,
    via: row.gateway ?? null,
    dev: row.dev ?? null,
    proto: row.protocol ?? null,
    scope: row.scope ?? 'global',
    src: row.prefsrc ?? null,
  }));
}

export interface Neighbour {
  dst: string;
  dev: string;
  mac: string | null;
  state: string;
}

export function parseNeigh(value: unknown): Neighbour[] {
  return rows(neighRow, value).map((row) => ({
    dst: row.dst,
    dev: row.dev,
    mac: row.lladdr ?? null,
    state: row.state[0] ?? 'NONE',
  }));
}
