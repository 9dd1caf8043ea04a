import type { Duplex } from 'node:stream';
import type { Clock } from '../../common/clock.js';
import { systemClock } from '../../common/clock.js';
import { EchoPty } from '../../terminal/pty/echo-pty.js';
import type { Pty } from '../../terminal/pty/pty.js';
import { DriverError, type DriverErrorCode } from '../driver-error.js';
import type {
  ExecResult,
  Finding,
  HostDriver,
  HostFound,
  HostNetwork,
  HostSeen,
  HostSpec,
  PtySpec,
} from '../host-driver.js';
import type { CallOptions, Facts, Plan, Step, StepContext } from '../step.js';
import { FakeExports } from './exports.js';

/** A step, or a method of the driver. */
export type FakePoint =
  | 'host.bundle'
  | 'host.run'
  | 'host.ready'
  | 'host.uplink'
  | 'host.link'
  | 'destroy'
  | 'list'
  | 'inspect'
  | 'publish'
  | 'listen'
  | 'link'
  | 'uplink'
  | 'openPty'
  | 'exec';

export interface FakeOptions {
  /** Milliseconds that a point takes. */
  delays?: Partial<Record<FakePoint, number>>;
  clock?: Clock;
  /** Answer to `exec`; echoes its arguments by default. */
  answer?: (argv: string[]) => ExecResult;
}

const FIRST_PID = 1_000_000_000;
const AMOUNTS = { cpuMilli: 5, memMiB: 16, pids: 24, inotifyInstances: 2, ptys: 8 };

/** Lab hosts in memory, with scripted delays and failures, for unit and load tests. */
export class FakeHostDriver implements HostDriver {
  readonly name = 'fake';
  /** Terminals that were opened, in order. */
  readonly ptys: EchoPty[] = [];
  /** What lab hosts were given: files, sockets, their place in a network. */
  readonly exports = new FakeExports();
  private readonly hosts = new Map<string, HostFound>();
  private readonly failures = new Map<FakePoint, DriverErrorCode[]>();
  private nextPid = FIRST_PID;

  constructor(private readonly options: FakeOptions = {}) {}

  /** The next calls of `point` fail, one for each code. */
  failNext(point: FakePoint, ...codes: DriverErrorCode[]): void {
    this.failures.set(point, [...(this.failures.get(point) ?? []), ...codes]);
  }

  /** Process 1 ends, as after an out-of-memory kill. */
  crash(id: string): void {
    for (const host of this.of(id)) Object.assign(host, { state: 'stopped', initPid: 0 });
  }

  preflight(): Promise<Finding[]> {
    return Promise.resolve([
      {
        code: 'host.driver',
        level: 'warn',
        found: 'lab hosts in memory',
        wanted: 'real lab hosts, outside of tests',
      },
    ]);
  }

  plan(_id: string, _attempt: number, spec: HostSpec): Plan {
    if (!Number.isInteger(spec.slot) || spec.slot < 0)
      throw new DriverError('invalid_spec', `slot ${spec.slot}`);
    return {
      steps: [
        this.step('host.bundle', (c) => this.create(c, spec)),
        this.step('host.run', (c) => this.boot(c)),
        this.step('host.ready', (c) => this.confirm(c)),
        ...(spec.requires.includes('uplink') ? [this.uplinkStep()] : []),
        ...(spec.link === true ? [this.linkStep()] : []),
      ],
      cost: { reserve: AMOUNTS, limit: { ...AMOUNTS, memMiB: 256, pids: 256, cpuMilli: 1000 } },
    };
  }

  async inspect(id: string, o: CallOptions): Promise<HostSeen | undefined> {
    await this.pass('inspect', o.signal);
    const newest = this.of(id).toSorted((a, b) => b.attempt - a.attempt)[0];
    return newest && { ...newest };
  }

  async destroy(id: string, o: CallOptions): Promise<void> {
    await this.pass('destroy', o.signal);
    for (const host of this.of(id)) this.drop(`${id}-${host.attempt}`);
  }

  async list(o: CallOptions): Promise<HostFound[]> {
    await this.pass('list', o.signal);
    return [...this.hosts.values()].map((host) => ({ ...host }));
  }

  async publish(
    id: string,
    attempt: number,
    files: Record<string, string | null>,
    o: CallOptions,
  ): Promise<void> {
    await this.pass('publish', o.signal);
    this.exports.publish(this.known(id, attempt), files);
  }

  async listen(
    id: string,
    attempt: number,
    name: string,
    onConnection: (socket: Duplex) => void,
    o: CallOptions,
  ): Promise<{ close(): Promise<void> }> {
    await this.pass('listen', o.signal);
    return this.exports.listen(this.known(id, attempt), name, onConnection);
  }

  async link(id: string, attempt: number, network: HostNetwork, o: CallOptions): Promise<void> {
    await this.pass('link', o.signal);
    this.running(id, attempt);
    this.exports.networks.set(`${id}-${attempt}`, network);
  }

  async uplink(id: string, attempt: number, o: CallOptions): Promise<void> {
    await this.pass('uplink', o.signal);
    this.running(id, attempt);
    this.exports.uplinks.add(`${id}-${attempt}`);
  }

  async openPty(id: string, attempt: number, _spec: PtySpec, o: CallOptions): Promise<Pty> {
    await this.pass('openPty', o.signal);
    this.running(id, attempt);
    const pty = new EchoPty();
    this.ptys.push(pty);
    return pty;
  }

  async exec(id: string, attempt: number, argv: string[], o: CallOptions): Promise<ExecResult> {
    await this.pass('exec', o.signal);
    this.running(id, attempt);
    const echo = { exit: 0, stdout: `${argv.slice(1).join(' ')}\n`, stderr: '' };
    return this.options.answer?.(argv) ?? echo;
  }

  private step(name: FakePoint, work: (c: StepContext) => HostFound): Step {
    return {
      name,
      timeoutMs: 20_000,
      run: async (c) => {
        await this.pass(name, c.signal);
        const { initPid } = work(c);
        const facts: Facts = initPid === 0 ? {} : { initPid };
        return facts;
      },
      undo: (c) => {
        if (name !== 'host.ready') this.drop(`${c.id}-${c.attempt}`);
        return Promise.resolve();
      },
    };
  }

  private uplinkStep(): Step {
    return {
      name: 'host.uplink',
      timeoutMs: 20_000,
      run: async (c) => {
        await this.pass('host.uplink', c.signal);
        await this.uplink(c.id, c.attempt, c);
      },
      undo: (c) => {
        this.exports.uplinks.delete(`${c.id}-${c.attempt}`);
        return Promise.resolve();
      },
    };
  }

  private linkStep(): Step {
    return {
      name: 'host.link',
      timeoutMs: 20_000,
      run: async (c) => {
        await this.pass('host.link', c.signal);
        const { bridge, hostCidr } = c.facts;
        if (typeof bridge !== 'string' || typeof hostCidr !== 'string') {
          throw new DriverError('invalid_spec', 'host.link needs the facts bridge and hostCidr');
        }
        await this.link(c.id, c.attempt, { bridge, hostCidr }, c);
      },
      undo: (c) => {
        this.exports.networks.delete(`${c.id}-${c.attempt}`);
        return Promise.resolve();
      },
    };
  }

  private create({ id, attempt }: StepContext, spec: HostSpec): HostFound {
    const key = `${id}-${attempt}`;
    const host = this.hosts.get(key) ?? { id, attempt, state: 'creating', initPid: 0 };
    this.hosts.set(key, host);
    this.exports.publish(key, spec.publish ?? {});
    return host;
  }

  private drop(key: string): void {
    this.hosts.delete(key);
    this.exports.drop(key);
  }

  private known(id: string, attempt: number): string {
    const key = `${id}-${attempt}`;
    if (this.hosts.has(key)) return key;
    throw new DriverError('not_found', `there is no lab host wh-${key}`);
  }

  private boot({ id, attempt }: StepContext): HostFound {
    const host = this.hosts.get(`${id}-${attempt}`);
    if (!host) throw new DriverError('not_found', `wh-${id}-${attempt} has no bundle`);
    if (host.state !== 'running') Object.assign(host, { state: 'running', initPid: this.nextPid++ });
    return host;
  }

  private confirm({ id, attempt }: StepContext): HostFound {
    const host = this.hosts.get(`${id}-${attempt}`);
    if (host?.state !== 'running')
      throw new DriverError('command_failed', `wh-${id}-${attempt} does not run`);
    return host;
  }

  private of(id: string): HostFound[] {
    return [...this.hosts.values()].filter((host) => host.id === id);
  }

  private running(id: string, attempt: number): void {
    if (this.hosts.get(`${id}-${attempt}`)?.state !== 'running') {
      throw new DriverError('not_found', `lab host wh-${id}-${attempt} does not run`);
    }
  }

  /** The scripted delay, then the scripted failure. */
  private async pass(point: FakePoint, signal: AbortSignal): Promise<void> {
    const delay = this.options.delays?.[point];
    if (delay !== undefined) {
      await new Promise<void>((resolve) => (this.options.clock ?? systemClock).after(delay, resolve));
    }
    if (signal.aborted) throw new DriverError('timeout', `${point}: cancelled`);
    const code = this.failures.get(point)?.shift();
    if (code) throw new DriverError(code, `${point}: scripted failure`);
  }
}
