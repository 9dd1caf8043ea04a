import type { Clock } from '../../common/clock.js';
import { systemClock } from '../../common/clock.js';
import type {
  ClusterAccess,
  ClusterDriver,
  ClusterFound,
  ClusterIdentity,
  ClusterSeen,
  ClusterSpec,
} from '../cluster-driver.js';
import { DriverError, type DriverErrorCode } from '../driver-error.js';
import type { Finding } from '../host-driver.js';
import type { CallOptions, Facts, Plan, Step, StepContext } from '../step.js';
import { fakeCost, fakeNode } from './cluster-parts.js';

/** A step, or a method of the driver. */
export type FakeClusterPoint =
  | 'cluster.network'
  | 'cluster.create'
  | 'cluster.ready'
  | 'destroy'
  | 'list'
  | 'inspect'
  | 'setPaused'
  | 'repair'
  | 'access';

export interface FakeClusterOptions {
  /** Milliseconds that a point takes. */
  delays?: Partial<Record<FakeClusterPoint, number>>;
  clock?: Clock;
}

const NAME = /^[a-z0-9]{1,10}$/;
const LIFETIME_MS = 24 * 3_600_000;

/** Clusters in memory, with scripted delays and failures, for unit and load tests. Nobody answers at their address. */
export class FakeClusterDriver implements ClusterDriver {
  readonly name = 'fake';
  readonly fidelity = 'simulated';
  readonly base = 'fake';
  private readonly clusters = new Map<string, ClusterFound>();
  private readonly failures = new Map<FakeClusterPoint, DriverErrorCode[]>();
  private readonly activity = new Map<string, number>();
  private readonly clock: Clock;
  private networks = 0;
  private calls = 0;

  constructor(private readonly options: FakeClusterOptions = {}) {
    this.clock = options.clock ?? systemClock;
  }

  /** The next calls of `point` fail, one for each code. */
  failNext(point: FakeClusterPoint, ...codes: DriverErrorCode[]): void {
    this.failures.set(point, [...(this.failures.get(point) ?? []), ...codes]);
  }

  /** Nodes stop, as after a restart of the machine. */
  stop(id: string): void {
    for (const cluster of this.of(id)) {
      cluster.state = 'stopped';
      for (const node of cluster.nodes) node.initPid = 0;
    }
  }

  /** The learner asks the API server for something, now. */
  touch(id: string, attempt: number): void {
    this.activity.set(`${id}-${attempt}`, this.clock.now());
  }

  preflight(): Promise<Finding[]> {
    const finding: Finding = {
      code: 'cluster.driver',
      level: 'warn',
      found: 'clusters in memory',
      wanted: 'real clusters, outside of tests',
    };
    return Promise.resolve([finding]);
  }

  plan(id: string, attempt: number, spec: ClusterSpec): Plan {
    if (!NAME.test(id) || !Number.isInteger(attempt) || attempt < 0 || attempt > 9) {
      throw new DriverError('invalid_spec', `cluster id ${JSON.stringify(id)}, attempt ${attempt}`);
    }
    if (!Number.isInteger(spec.nodes) || spec.nodes < 1 || spec.nodes > 3) {
      throw new DriverError('invalid_spec', `${spec.nodes} nodes: expected 1 to 3`);
    }
    return {
      steps: [
        this.step('cluster.network', (c) => ({ ...this.connect(c).network })),
        this.step('cluster.create', (c) => this.boot(c, spec.nodes)),
        this.step('cluster.ready', (c) => void this.whole(c.id, c.attempt)),
      ],
      cost: fakeCost(spec.nodes),
    };
  }

  async inspect(id: string, o: CallOptions): Promise<ClusterSeen | undefined> {
    await this.pass('inspect', o.signal);
    const newest = this.of(id).toSorted((a, b) => b.attempt - a.attempt)[0];
    return newest && structuredClone(newest);
  }

  async setPaused(id: string, attempt: number, paused: boolean, o: CallOptions): Promise<void> {
    await this.pass('setPaused', o.signal);
    this.whole(id, attempt).state = paused ? 'paused' : 'running';
  }

  async destroy(id: string, o: CallOptions): Promise<void> {
    await this.pass('destroy', o.signal);
    for (const { attempt } of this.of(id)) this.drop(id, attempt);
  }

  async list(o: CallOptions): Promise<ClusterFound[]> {
    await this.pass('list', o.signal);
    return [...this.clusters.values()].map((cluster) => structuredClone(cluster));
  }

  async access(id: string, attempt: number, who: ClusterIdentity, o: CallOptions): Promise<ClusterAccess> {
    await this.pass('access', o.signal);
    const cluster = this.whole(id, attempt);
    const user = `fake:${id}:${who}:${++this.calls}`;
    const pem = (label: string, text: string) =>
      `-----BEGIN ${label}-----\n${Buffer.from(text).toString('base64')}\n-----END ${label}-----\n`;
    return {
      server: `https://${cluster.nodes[0]!.address}:6443`,
      ca: pem('CERTIFICATE', `authority of ${id}`),
      cert: pem('CERTIFICATE', user),
      key: pem('PRIVATE KEY', `key of ${user}`),
      user,
      expiresAt: new Date(this.clock.now() + LIFETIME_MS),
    };
  }

  /** Nodes come back with other pids. */
  async repair(id: string, attempt: number, o: CallOptions): Promise<void> {
    await this.pass('repair', o.signal);
    const cluster = this.whole(id, attempt);
    cluster.nodes = cluster.nodes.map((_, index) => fakeNode(cluster, index));
    cluster.state = 'running';
  }

  activityAt(id: string, attempt: number): number | undefined {
    return this.activity.get(`${id}-${attempt}`);
  }

  private step(name: FakeClusterPoint, work: (c: StepContext) => Facts | void): Step {
    return {
      name,
      timeoutMs: 120_000,
      run: async (c) => {
        await this.pass(name, c.signal);
        return work(c);
      },
      undo: (c) => {
        if (name !== 'cluster.ready') this.drop(c.id, c.attempt);
        return Promise.resolve();
      },
    };
  }

  private connect({ id, attempt }: StepContext): ClusterFound {
    const key = `${id}-${attempt}`;
    const present = this.clusters.get(key);
    if (present) return present;
    const network = { bridge: `whb${id}${attempt}`, hostCidr: `10.253.${this.networks++ % 256}.2/26` };
    const made: ClusterFound = { id, attempt, state: 'creating', nodes: [], network };
    this.clusters.set(key, made);
    return made;
  }

  private boot({ id, attempt }: StepContext, nodes: number): void {
    const cluster = this.clusters.get(`${id}-${attempt}`);
    if (!cluster) throw new DriverError('not_found', `wh-${id}-${attempt} has no network`);
    if (cluster.state === 'running') return;
    cluster.nodes = Array.from({ length: nodes }, (_, index) => fakeNode(cluster, index));
    cluster.state = 'running';
  }

  private drop(id: string, attempt: number): void {
    this.clusters.delete(`${id}-${attempt}`);
    this.activity.delete(`${id}-${attempt}`);
  }

  private of(id: string): ClusterFound[] {
    return [...this.clusters.values()].filter((cluster) => cluster.id === id);
  }

  private whole(id: string, attempt: number): ClusterFound {
    const cluster = this.clusters.get(`${id}-${attempt}`);
    if (cluster && cluster.state !== 'creating') return cluster;
    throw new DriverError('not_found', `there is no whole cluster wh-${id}-${attempt}`);
  }

  /** The scripted delay, then the scripted failure. */
  private async pass(point: FakeClusterPoint, signal: AbortSignal): Promise<void> {
    const delay = this.options.delays?.[point];
    if (delay !== undefined) await new Promise<void>((resolve) => this.clock.after(delay, resolve));
    if (signal.aborted) throw new DriverError('timeout', `${point}: cancelled`);
    const code = this.failures.get(point)?.shift();
    if (code) throw new DriverError(code, `${point}: scripted failure`);
  }
}
