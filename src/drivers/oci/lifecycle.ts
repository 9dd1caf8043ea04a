import { existsSync } from 'node:fs';
import path from 'node:path';
import { DriverError } from '../driver-error.js';
import type { HostSpec } from '../host-driver.js';
import { hasBundle, writeBundle } from './bundle.js';
import { IDS_PER_HOST } from './config.js';
import { ConfigTemplates } from './config-template.js';
import { asDriver } from './driver-errors.js';
import type { Layout } from './layout.js';
import { hostName } from './names.js';
import type { OciSession } from './oci-session.js';
import { removeContainer, removeHost } from './remove.js';
import type { HostActions } from './steps.js';
import { lookAt, survey } from './survey.js';

interface Limits {
  timeoutMs: number;
  signal: AbortSignal;
}

export interface LifecycleOptions {
  layout: Layout;
  session: OciSession;
  uidBase: number;
  /** Swap can be limited on this machine. */
  swap: boolean;
}

/** Makes and removes lab hosts, each method the same when done twice. */
export class HostLifecycle implements HostActions {
  private templates: ConfigTemplates | undefined;
  /** Removals in flight by container name: a second caller waits for the first. */
  private readonly removing = new Map<string, Promise<void>>();

  constructor(private readonly options: LifecycleOptions) {}

  bundle(id: string, attempt: number, spec: HostSpec): Promise<void> {
    return asDriver(async () => {
      const { layout, session, uidBase, swap } = this.options;
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
      });
      writeBundle({ dir: layout.bundle(name), config, publish: spec.publish ?? {} });
    });
  }

  run(id: string, attempt: number, limits: Limits): Promise<number> {
    return asDriver(async () => {
      const { layout, session } = this.options;
      const { runtime } = await session.open();
      const name = hostName(id, attempt);
      if (existsSync(path.join(layout.runtimeRoot, name))) {
        const seen = lookAt(layout, name);
        if (seen?.state === 'running') return seen.initPid;
        // Left by a start that was killed, or whose init has ended.
        await removeContainer(layout, name, limits.signal);
      }
      if (!hasBundle(layout.bundle(name))) throw new DriverError('not_found', `${name} has no bundle`);
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

  async remove(id: string, attempt: number, signal: AbortSignal): Promise<void> {
    const name = hostName(id, attempt);
    let running = this.removing.get(name);
    if (!running) {
      running = asDriver(() => removeHost(this.options.layout, name, signal)).finally(() =>
        this.removing.delete(name),
      );
      this.removing.set(name, running);
    }
    await running;
  }

  async removeAll(id: string, signal: AbortSignal): Promise<void> {
    hostName(id, 0);
    await this.options.session.open();
    for (const host of survey(this.options.layout, id)) await this.remove(id, host.attempt, signal);
  }
}
