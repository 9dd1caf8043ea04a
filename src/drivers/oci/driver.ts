import type { Duplex } from 'node:stream';
import { systemClock } from '../../common/clock.js';
import type { Logger } from '../../common/logger.js';
import { limitsSwap } from '../../linux/cgroup-mounts.js';
import { Fence } from '../../linux/fence/fence.js';
import { isRunning } from '../../linux/process-state.js';
import type { Pty } from '../../terminal/pty/pty.js';
import { DriverError } from '../driver-error.js';
import { HOST_CAPABILITIES, type HostCapability } from '../host-driver.js';
import type {
  Check,
  CheckResult,
  ExecResult,
  Finding,
  HostDriver,
  HostFound,
  HostNetwork,
  HostSeen,
  HostSpec,
  PtySpec,
} from '../host-driver.js';
import type { CallOptions, Plan } from '../step.js';
import { hasBundle, publishFiles, writeProcessSpec } from './bundle.js';
import { IDS_PER_HOST } from './config.js';
import { CheckBoxes } from './check.js';
import { capabilitiesOf } from './capabilities.js';
import { asDriver } from './driver-errors.js';
import { HostSockets } from './host-sockets.js';
import { Layout } from './layout.js';
import { HostLifecycle } from './lifecycle.js';
import { hostCost } from './limits.js';
import { HostLinks } from './link.js';
import { linkName } from './link-names.js';
import { hostName } from './names.js';
import { OciSession } from './oci-session.js';
import { checkHosts } from './preflight.js';
import { processSpec } from './process-spec.js';
import { openShell } from './shell.js';
import { hostSteps } from './steps.js';
import { lookAt, survey } from './survey.js';

export interface OciOptions {
  stateDir: string;
  installId: string;
  /** First id of the machine that lab hosts may use; slot n begins at uidBase + n * 65536. */
  uidBase: number;
  /** `auto`, `runc`, `crun`, or a path. */
  runtime: string;
  /** Folder of the image, or a link to it: `<stateDir>/image/current`, as image/build.mjs makes it. */
  imageDir: string;
  /** Path of a kubectl of the clusters' version, for lab hosts with a link; they have the image's otherwise. */
  kubectl?: string;
  logger: Logger;
}

/** Lab hosts as OCI containers of runc or crun. */
export class OciHostDriver implements HostDriver {
  readonly name = 'oci';
  private readonly layout: Layout;
  private readonly session: OciSession;
  private readonly lifecycle: HostLifecycle;
  private readonly sockets: HostSockets;
  private readonly checks: CheckBoxes;
  private offered: readonly HostCapability[] = HOST_CAPABILITIES;

  constructor(private readonly options: OciOptions) {
    this.layout = new Layout(options);
    this.session = new OciSession(this.layout, { ...options, sharesLauncher: true });
    this.sockets = new HostSockets(options);
    const { layout, session, sockets } = this;
    const links = new HostLinks({ layout, fence: new Fence(options) });
    const { uidBase, kubectl } = options;
    this.checks = new CheckBoxes({ layout, session, uidBase });
    this.lifecycle = new HostLifecycle({
      ...{ layout, session, links, sockets, uidBase, swap: limitsSwap() },
      ...(kubectl === undefined ? {} : { kubectl }),
    });
  }

  async preflight(): Promise<Finding[]> {
    const { findings, program } = await checkHosts(this.options);
    if (program !== undefined) this.session.useRuntime(program);
    this.offered = capabilitiesOf(findings);
    return findings;
  }

  capabilities(): readonly HostCapability[] {
    return this.offered;
  }

  plan(id: string, attempt: number, spec: HostSpec): Plan {
    hostName(id, attempt);
    const slots = Math.floor((2 ** 32 - this.options.uidBase) / IDS_PER_HOST);
    if (!Number.isInteger(spec.slot) || spec.slot < 0 || spec.slot >= slots) {
      throw new DriverError('invalid_spec', `slot ${spec.slot}: expected 0 to ${slots - 1}`);
    }
    const link = spec.link === true;
    if (link) linkName(id, attempt);
    return {
      steps: hostSteps(spec, this.lifecycle),
      cost: hostCost({ requires: spec.requires, link }),
    };
  }

  inspect(id: string, _o: CallOptions): Promise<HostSeen | undefined> {
    return asDriver(async () => {
      await this.session.open();
      return survey(this.layout, id)[0];
    });
  }

  destroy(id: string, o: CallOptions): Promise<void> {
    return asDriver(() => this.lifecycle.removeAll(id, o.signal));
  }

  list(_o: CallOptions): Promise<HostFound[]> {
    return asDriver(async () => {
      await this.session.open();
      return survey(this.layout);
    });
  }

  publish(id: string, attempt: number, files: Record<string, string | null>, _o: CallOptions): Promise<void> {
    return asDriver(async () => {
      await this.session.open();
      publishFiles(this.bundled(id, attempt).bundle, files);
    });
  }

  listen(
    id: string,
    attempt: number,
    name: string,
    onConnection: (socket: Duplex) => void,
    _o: CallOptions,
  ): Promise<{ close(): Promise<void> }> {
    return asDriver(async () => {
      await this.session.open();
      const listening = await this.sockets.listen({ ...this.bundled(id, attempt), name, onConnection });
      return { close: () => Promise.resolve(listening.close()) };
    });
  }

  link(id: string, attempt: number, network: HostNetwork, o: CallOptions): Promise<void> {
    return asDriver(async () => {
      await this.session.open();
      await this.lifecycle.link(id, attempt, network, o.signal);
    });
  }

  uplink(id: string, attempt: number, o: CallOptions): Promise<void> {
    return asDriver(async () => {
      await this.session.open();
      await this.lifecycle.uplink(id, attempt, o.signal);
    });
  }

  isAlive(initPid: number): boolean {
    return isRunning(initPid);
  }

  openPty(id: string, attempt: number, spec: PtySpec, _o: CallOptions): Promise<Pty> {
    return asDriver(async () => {
      const { runtime } = await this.session.open();
      return openShell(runtime, this.layout, this.running(id, attempt), spec);
    });
  }

  exec(id: string, attempt: number, argv: string[], o: CallOptions): Promise<ExecResult> {
    return asDriver(async () => {
      const { runtime } = await this.session.open();
      const name = this.running(id, attempt);
      const spec = processSpec({ argv, env: {}, terminal: false });
      const file = writeProcessSpec(this.layout.bundle(name), spec);
      const timeoutMs = Math.max(1, o.deadline - systemClock.now());
      const { exit, stdout, stderr } = await runtime.exec(name, file, { timeoutMs, signal: o.signal });
      return { exit, stdout, stderr };
    });
  }

  runCheck(check: Check, o: CallOptions): Promise<CheckResult> {
    return asDriver(() => this.checks.run(check, o));
  }

  /** Gives the lock on the state folder back, for a driver that ends before its process. Lab hosts go on. */
  close(): Promise<void> {
    this.sockets.closeAll();
    return this.session.close();
  }

  private bundled(id: string, attempt: number): { host: string; bundle: string } {
    const host = hostName(id, attempt);
    const bundle = this.layout.bundle(host);
    if (hasBundle(bundle)) return { host, bundle };
    throw new DriverError('not_found', `there is no lab host ${host}`);
  }

  private running(id: string, attempt: number): string {
    const name = hostName(id, attempt);
    const seen = lookAt(this.layout, name);
    if (seen?.state === 'running') return name;
    throw new DriverError('not_found', `lab host ${name} does not run`);
  }
}
