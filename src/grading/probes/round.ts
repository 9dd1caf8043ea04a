import { parseAddrs, parseLinks, parseNeigh, parseRoutes, type Link } from '../../linux/netns/ip-json.js';
import { parseNetconf } from '../../linux/netns/netconf.js';
import type { HostHandle } from '../../linux/netns/host-handle.js';
import type { NamedNetns } from '../../linux/netns/named-netns.js';
import { NetnsError } from '../../linux/netns/netns-error.js';
import { RefusedPath } from '../../linux/netns/open-inside.js';
import type { IpTable } from '../../linux/netns/resident-ip.js';
import type { SandboxNetwork } from '../../linux/netns/sandbox-network.js';
import type { UtsNames } from '../../linux/procs/uts-names.js';
import { z } from 'zod';
import { faulted, type Observation } from '../observation.js';

/** What the probes of one sandbox work on. */
export interface ProbeHost {
  handle: HostHandle;
  network: SandboxNetwork;
  names: UtsNames;
  /** Opens the namespace behind the uplink, for the caller to close; undefined where it has ended. */
  outside?: () => number | undefined;
}

const PARSERS = {
  link: parseLinks,
  addr: parseAddrs,
  route: parseRoutes,
  neigh: parseNeigh,
  netconf: parseNetconf,
} as const;
type Parsed<T extends IpTable> = ReturnType<(typeof PARSERS)[T]>;

/** One look at a sandbox: every table is read at most once, however many observations use it. */
export class Round {
  private readonly tables = new Map<string, Promise<unknown>>();
  private listed: { entries: NamedNetns[]; truncated: boolean } | undefined;

  constructor(readonly host: ProbeHost) {}

  names(): { entries: NamedNetns[]; truncated: boolean } {
    this.listed ??= this.host.network.list();
    return this.listed;
  }

  /** undefined = no namespace of that name. Rejects with NetnsError. */
  table<T extends IpTable>(ns: string, table: T): Promise<Parsed<T> | undefined> {
    const key = `${ns} ${table}`;
    let reading = this.tables.get(key);
    if (!reading) {
      reading = this.host.network
        .read(ns, table)
        .then((value) => (value === undefined ? undefined : parse(table, value)));
      this.tables.set(key, reading);
    }
    return reading as Promise<Parsed<T> | undefined>;
  }

  /** Links of every namespace that can be entered, by name; two names of one namespace count once. */
  async knownLinks(): Promise<Map<string, Link[]>> {
    const known = new Map<string, Link[]>();
    const main = await this.table('main', 'link').catch(() => undefined);
    if (main) known.set('main', main);
    const inodes = new Set<bigint>([this.host.handle.mainInode]);
    for (const { name, inode } of this.names().entries) {
      if (name === 'main' || inode === undefined || inodes.has(inode)) continue;
      inodes.add(inode);
      const links = await this.table(name, 'link').catch(() => undefined);
      if (links) known.set(name, links);
    }
    return known;
  }
}

/** Parsed answers by the answer itself: an unchanged table is not checked again. */
const parsed = new WeakMap<object, unknown>();

function parse<T extends IpTable>(table: T, value: unknown): Parsed<T> {
  const key = typeof value === 'object' && value !== null ? value : {};
  try {
    const rows = parsed.get(key) ?? PARSERS[table](value);
    parsed.set(key, rows);
    return rows as Parsed<T>;
  } catch (error) {
    if (error instanceof z.ZodError) throw new NetnsError('platform', 'malformed', error.message);
    throw error;
  }
}

/** Turns whatever a probe throws into an observation that says whose doing it was. */
export async function guarded(run: () => Promise<Observation>): Promise<Observation> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof NetnsError) return faulted(error.cause_, error.code, error.message);
    if (error instanceof RefusedPath) return faulted('tenant', 'refused', error.message);
    return faulted('platform', 'ended', error instanceof Error ? error.message : String(error));
  }
}
