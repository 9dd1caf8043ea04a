import { existsSync } from 'node:fs';
import path from 'node:path';
import { DriverError } from '../driver-error.js';
import type { HostNetwork, HostSpec } from '../host-driver.js';
import { hasBundle, writeBundle } from './bundle.js';
import { IDS_PER_HOST } from './config.js';
import { ConfigTemplates } from './config-template.js';
import { delegateGroup } from './delegated.js';
import { asDriver } from './driver-errors.js';
import type { HostSockets } from './host-sockets.js';
import type { Layout } from './layout.js';
import type { HostLinks } from './link.js';
import { hostName } from './names.js';
import type { OciSession } from './oci-session.js';
import { removeContainer, removeHost } from './remove.js';
import type { HostActions } from './steps.js';
import { lookAt, survey } from './survey.js';
import { installTools } from './tools.js';
import { giveUplink, removeUplink } from './uplink.js';

interface Limits {
  timeoutMs: number;
  signal: AbortSignal;
}

interface RunOptions extends Limits {
  spec: HostSpec;
}

export interface LifecycleOptions {
  layout: Layout;
  session: OciSession;
  uidBase: number;
  /** Swap can be limited on this machine. */
  swap: boolean;
  links: HostLinks;
  sockets: HostSockets;
  /** Path of the kubectl that lab hosts with a link get. */
  kubectl?: string;
}

/** Makes and removes lab hosts, each method the same when done twice. */
export class HostLifecycle implements HostActions {
  private templates: ConfigTemplates | undefined;
  /** Folder of the programs of linked lab hosts. */
  private tools: Promise<string> | undefined;
  /** Removals in flight by container name: a second caller waits for the first. */
  private readonly removing = new Map<string, Promise<void>>();

  constructor(private readonly options: LifecycleOptions) {}

  bundle(id: string, attempt: number, spec: HostSpec): Promise<void> {
    return asDriver(async () => {
      const { layout, session, uidBase, swap, kubectl } = this.options;
      const { rootfs } = await session.open();
      this.templates ??= new ConfigTemplates({
        installId: layout.installId,
        rootfs,
        view: layout.hostsView,
        swap,
        cgroup: (name) => layout.cgroup(name),
      });
      const name = hostName(id, attempt);
      const config = this.templates.textFor({
        name,
        id,
        attempt: String(attempt),
        firstId: uidBase + spec.slot * IDS_PER_HOST,
        requires: spec.requires,
        link: spec.link === true,
        ...(spec.link === true && kubectl !== undefined
          ? { tools: await this.toolsOf(rootfs, kubectl) }
          : {}),
      });
      writeBundle({ dir: layout.bundle(name), config, publish: spec.publish ?? {} });
    });
  }

  run(id: string, attempt: number, { spec, ...limits }: RunOptions): Promise<number> {
    return asDriver(async () => {
      const { layout, session, uidBase } = this.options;
      const { runtime } = await session.open();
      const name = hostName(id, attempt);
      if (existsSync(path.join(layout.runtimeRoot, name))) {
        const seen = lookAt(layout, name);
        if (seen?.state === 'running') return seen.initPid;
        // Left by a start that was killed, or whose init has ended.
        await removeContainer(layout, name, limits.signal);
      }
      if (!hasBundle(layout.bundle(name))) throw new DriverError('not_found', `${name} has no bundle`);
      if (spec.requires.includes('cgroup'))
        delegateGroup(layout.cgroup(name), uidBase + spec.slot * IDS_PER_HOST);
      await runtime.run(name, limits);
      return this.ready(id, attempt);
    });
  }

  ready(id: string, attempt: number): Promise<number> {
    return asDriver(() => {
      const name = hostName(id, attempt);
      const seen = lookAt(this.options.layout, name);
      if (seen?.state === 'running') return Promise.resolve(seen.initPid);
      throw new DriverError('command_failed', `${name} is ${seen?.state ?? 'absent'} after its start`);
    });
  }

  link(id: string, attempt: number, network: HostNetwork, signal: AbortSignal): Promise<void> {
    return asDriver(() => this.options.links.join(id, attempt, network, signal));
  }

  unlink(id: string, attempt: number): Promise<void> {
    return asDriver(() => this.options.links.remove(id, attempt));
  }

  uplink(id: string, attempt: number, signal: AbortSignal): Promise<void> {
    return asDriver(() => giveUplink(this.options.layout, hostName(id, attempt), signal));
  }

  dropUplink(id: string, attempt: number): Promise<void> {
    return asDriver(() => Promise.resolve(removeUplink(this.options.layout, hostName(id, attempt))));
  }

  async remove(id: string, attempt: number, signal: AbortSignal): Promise<void> {
    const name = hostName(id, attempt);
    let running = this.removing.get(name);
    if (!running) {
      const { layout, links, sockets } = this.options;
      running = asDriver(async () => {
        sockets.closeHost(name);
        await links.remove(id, attempt);
        await removeHost(layout, name, signal);
      }).finally(() => this.removing.delete(name));
      this.removing.set(name, running);
    }
    await running;
  }

  async removeAll(id: string, signal: AbortSignal): Promise<void> {
    hostName(id, 0);
    const { layout, session, links } = this.options;
    await session.open();
    const attempts = survey(layout, id).map((host) => host.attempt);
    const linked = await asDriver(() => links.attempts(id));
    for (const attempt of new Set([...attempts, ...linked])) await this.remove(id, attempt, signal);
  }

  private toolsOf(rootfs: string, kubectl: string): Promise<string> {
    this.tools ??= installTools({ layout: this.options.layout, rootfs, kubectl }).catch((error: unknown) => {
      this.tools = undefined;
      throw error;
    });
    return this.tools;
  }
}
