import { closeSync } from 'node:fs';
import type { HostHandle } from './host-handle.js';
import { listNamedNetns, openNamedNetns, type NamedNetns } from './named-netns.js';
import { NetnsMonitor } from './monitor.js';
import { NetnsError } from './netns-error.js';
import { RefusedPath } from './open-inside.js';
import { ResidentIp, type IpTable } from './resident-ip.js';

/** More namespaces than a lab host may make; names beyond it are listed but not entered. */
const MAX_RESIDENTS = 16;
/** How long the kernel's refusal of a namespace is remembered before it is asked again. */
const REFUSED_MS = 5000;

export interface NetworkOptions {
  /** Monotonic, ms. */
  now: () => number;
}

interface Refusal {
  error: NetnsError;
  until: number;
}

/** Residents of one sandbox, one per namespace, by the namespace's inode. */
export class SandboxNetwork {
  private readonly residents = new Map<bigint, Promise<ResidentIp>>();
  private readonly refusals = new Map<bigint, Refusal>();
  private monitor: Promise<NetnsMonitor> | undefined;
  private closed = false;

  constructor(
    private readonly host: HostHandle,
    private readonly options: NetworkOptions,
  ) {}

  /** The names of now. Residents of namespaces that have no name any more are dropped, so that they can end. */
  list(): { entries: NamedNetns[]; truncated: boolean } {
    const found = listNamedNetns(this.host);
    const alive = new Set<bigint>([this.host.mainInode]);
    for (const entry of found.entries) if (entry.inode !== undefined) alive.add(entry.inode);
    for (const inode of this.residents.keys()) if (!alive.has(inode)) this.drop(inode);
    for (const inode of this.refusals.keys()) if (!alive.has(inode)) this.refusals.delete(inode);
    return found;
  }

  /** `ns` is `main` or a name; undefined = there is no such name. Rejects with NetnsError. */
  async read(ns: string, table: IpTable): Promise<unknown> {
    const inode = this.inodeOf(ns);
    if (inode === undefined) return undefined;
    const resident = await this.resident(ns, inode);
    try {
      return await resident.read(table);
    } catch (error) {
      this.drop(inode);
      throw this.remember(inode, error);
    }
  }

  /** Calls back on changes of links, addresses and routes, until `rest`. Safe to call again and again. */
  async watch(onChange: () => void): Promise<void> {
    if (this.closed || (this.monitor && (await this.monitor).alive)) return;
    const fds = { netns: this.host.mainNetns, userNs: this.host.userNs };
    this.monitor = NetnsMonitor.start(fds, onChange);
    const monitor = await this.monitor;
    if (this.closed) monitor.close();
  }

  /** Ends all residents; called when nothing was asked for a while. */
  rest(): void {
    void this.monitor?.then((m) => m.close()).catch(() => undefined);
    this.monitor = undefined;
    for (const inode of this.residents.keys()) this.drop(inode);
  }

  close(): void {
    this.closed = true;
    this.rest();
  }

  get size(): number {
    return this.residents.size;
  }

  private inodeOf(ns: string): bigint | undefined {
    if (ns === 'main') return this.host.mainInode;
    try {
      const { fd, inode } = openNamedNetns(this.host, ns);
      closeSync(fd);
      return inode;
    } catch (error) {
      if (error instanceof RefusedPath && error.reason === 'absent') return undefined;
      if (error instanceof RefusedPath) throw new NetnsError('tenant', 'refused', `${ns}: ${error.reason}`);
      throw new NetnsError('platform', 'ended', (error as Error).message);
    }
  }

  private async resident(ns: string, inode: bigint): Promise<ResidentIp> {
    const refusal = this.refusals.get(inode);
    if (refusal && refusal.until > this.options.now()) throw refusal.error;
    const known = this.residents.get(inode);
    if (known && (await known).alive) return known;
    if (this.closed) throw new NetnsError('platform', 'ended', 'the sandbox has ended');
    if (this.residents.size >= MAX_RESIDENTS) {
      throw new NetnsError('tenant', 'refused', `more than ${MAX_RESIDENTS} namespaces`);
    }
    const started = this.start(ns, inode);
    this.residents.set(inode, started);
    started.catch(() => this.residents.delete(inode));
    return started;
  }

  private async start(ns: string, inode: bigint): Promise<ResidentIp> {
    const handle = ns === 'main' ? undefined : openNamedNetns(this.host, ns);
    try {
      // The name may have moved to another namespace since it was looked at.
      if (handle && handle.inode !== inode)
        throw new NetnsError('tenant', 'refused', `${ns} changed while it was opened`);
      const netns = handle?.fd ?? this.host.mainNetns;
      const resident = await ResidentIp.start({ netns, userNs: this.host.userNs });
      if (this.closed) resident.close();
      return resident;
    } finally {
      if (handle) closeSync(handle.fd);
    }
  }

  private remember(inode: bigint, error: unknown): unknown {
    if (error instanceof NetnsError && error.code === 'refused') {
      this.refusals.set(inode, { error, until: this.options.now() + REFUSED_MS });
    }
    return error;
  }

  private drop(inode: bigint): void {
    const resident = this.residents.get(inode);
    this.residents.delete(inode);
    // A resident that never started has nothing to end, and its starter hears of it.
    void resident?.then((r) => r.close()).catch(() => undefined);
  }
}
