import { availableParallelism } from 'node:os';
import {
  Inject,
  Injectable,
  Optional,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import type { Clock } from '../common/clock.js';
import { CLOCK } from '../common/clock.token.js';
import { AppError } from '../common/errors/app-error.js';
import type { Logger } from '../common/logger.js';
import { LOGGER } from '../common/logger.token.js';
import type { ClusterDriver } from '../drivers/cluster-driver.js';
import { CLUSTER_DRIVER } from '../drivers/driver.tokens.js';
import { Bus } from '../events/bus.js';
import { LabsService } from '../labs/labs.service.js';
import { prepareLab, type PreparedLab } from '../labs/prepared-lab.js';
import { SandboxDirectory, type LiveSandbox } from '../sandbox/live-sandbox.js';
import { SandboxService } from '../sandbox/sandbox.service.js';
import { ClusterFollower } from './cluster/cluster-follower.js';
import { GradingRepository } from './grading.repository.js';
import { LogRepository } from './log/log.repository.js';
import { RunLog } from './log/run-log.js';
import { Veil } from './log/veil.js';
import { failuresOf } from './failures.js';
import { openHostProber } from './probes/open-host-prober.js';
import { SandboxProber } from './probes/sandbox-prober.js';
import { unreachableProber } from './probes/unreachable.js';
import { RunActor } from './run-actor.js';
import { RunPlans } from './run-plans.js';
import { restore, restoreTrips } from './run-record.js';
import { Run, type Transition } from './run.js';
import { Semaphore } from '../common/semaphore.js';

export type ProgressListener = (transitions: Transition[]) => void;

/** Ready for longer than this means taken over from a service before this one: grading goes on at once. */
const NEW_MS = 2000;

/** Versions kept compiled. */
const MAX_LABS = 200;

interface Graded {
  live: LiveSandbox;
  actor: RunActor;
  cluster: ClusterFollower;
  listeners: Set<ProgressListener>;
}

/** Starts and ends one actor per living sandbox, and finds runs for the API. */
@Injectable()
export class GradingService implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly graded = new Map<string, Promise<Graded>>();
  /** New sandboxes that nobody has looked at or touched: there is nothing to grade yet, and a class starts at once. */
  private readonly unseen = new Map<string, LiveSandbox>();
  private readonly labsByVersion = new Map<string, PreparedLab>();
  private readonly helpers = new Semaphore(2 * availableParallelism());
  private readonly attachments = new Map<string, number>();
  private readonly unsubscribe: (() => void)[] = [];

  constructor(
    private readonly repository: GradingRepository,
    private readonly plans: RunPlans,
    private readonly labs: LabsService,
    private readonly sandboxes: SandboxService,
    private readonly directory: SandboxDirectory,
    private readonly bus: Bus,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Optional() @Inject(CLUSTER_DRIVER) private readonly clusters?: ClusterDriver,
  ) {}

  onModuleInit(): void {
    this.unsubscribe.push(
      this.bus.on('sandbox.ready', (live) => this.begin(live)),
      this.bus.on('sandbox.cluster', (live) => this.clusterChanged(live)),
      this.bus.on('sandbox.ending', ({ sandboxId }) => this.end(sandboxId)),
      this.bus.on('terminal.enter', ({ sandboxId }) => this.tell(sandboxId, (actor) => actor.enter())),
      this.bus.on('terminal.attachments', ({ sandboxId, count }) => {
        this.attachments.set(sandboxId, count);
        this.tell(sandboxId, (actor) => actor.attached(count));
      }),
    );
  }

  onApplicationBootstrap(): void {
    for (const live of this.directory.all()) this.begin(live);
  }

  async onApplicationShutdown(): Promise<void> {
    for (const off of this.unsubscribe) off();
    const all = [...this.graded.values()];
    this.graded.clear();
    for (const graded of await Promise.allSettled(all)) {
      if (graded.status === 'fulfilled') close(graded.value);
    }
  }

  /** The run of a sandbox that the principal may use. Rejects with not_found, sandbox_not_ready, sandbox_expired. */
  async find(principal: Principal, sandboxId: string): Promise<RunActor> {
    const row = await this.sandboxes.get(principal, sandboxId);
    const graded = await this.living(sandboxId);
    if (graded) return graded.actor;
    if (row.endedAt === null && row.readyAt === null) {
      throw new AppError('sandbox_not_ready', 'There is no progress before the sandbox is ready.', {
        retryAfter: 1,
      });
    }
    return this.past(row);
  }

  /** As `find`, for what needs a living sandbox. */
  async findLiving(principal: Principal, sandboxId: string): Promise<RunActor> {
    const actor = await this.find(principal, sandboxId);
    if (!(await this.living(sandboxId))) {
      throw new AppError('sandbox_expired', 'The sandbox has ended; its progress can still be read.');
    }
    this.directory.touch(sandboxId);
    return actor;
  }

  async watch(sandboxId: string, listener: ProgressListener): Promise<() => void> {
    const graded = await this.living(sandboxId);
    graded?.listeners.add(listener);
    return () => graded?.listeners.delete(listener);
  }

  /** The running actor, started now if this is the first who wants it. */
  private living(sandboxId: string): Promise<Graded | undefined> {
    const live = this.unseen.get(sandboxId);
    this.unseen.delete(sandboxId);
    if (live) this.replace(live);
    return this.graded.get(sandboxId)?.catch(() => undefined) ?? Promise.resolve(undefined);
  }

  private tell(sandboxId: string, act: (actor: RunActor) => void): void {
    void this.living(sandboxId).then((graded) => graded && act(graded.actor));
  }

  private begin(live: LiveSandbox): void {
    const isNew = this.clock.now() - live.readyAt.getTime() < NEW_MS;
    if (isNew && !this.graded.has(live.id)) {
      this.unseen.set(live.id, live);
      return;
    }
    const known = this.graded.get(live.id);
    if (known) {
      // Told twice, or adopted after a restart of the lab host: only a new process 1 needs a new actor.
      void known
        .then((g) => g.live.initPid !== live.initPid && this.replace(live))
        .catch(() => this.replace(live));
      return;
    }
    this.replace(live);
  }

  private replace(live: LiveSandbox): void {
    void this.graded.get(live.id)?.then(
      (graded) => close(graded),
      () => undefined,
    );
    const starting = this.start(live);
    this.graded.set(live.id, starting);
    starting.catch((error: unknown) => {
      this.logger.error({ err: error, sandbox: live.id }, 'grading could not start');
      if (this.graded.get(live.id) === starting) this.graded.delete(live.id);
    });
  }

  private end(sandboxId: string): void {
    const ending = this.graded.get(sandboxId);
    this.graded.delete(sandboxId);
    this.unseen.delete(sandboxId);
    this.attachments.delete(sandboxId);
    // Its residents hold namespaces of the sandbox alive.
    void ending?.then(close).catch(() => undefined);
  }

  /** An actor that is being started follows once it is there, so that none keeps an older cluster. */
  private clusterChanged(live: LiveSandbox): void {
    if (this.unseen.has(live.id)) this.unseen.set(live.id, live);
    void this.graded
      .get(live.id)
      ?.then((graded) => {
        graded.live = live;
        graded.cluster.follow(live);
      })
      .catch(() => undefined);
  }

  private async start(live: LiveSandbox): Promise<Graded> {
    const { id: sandboxId, tenantId, userId } = live;
    const listeners = new Set<ProgressListener>();
    const { run, past, frozenAt } = await this.load(tenantId, sandboxId, live.labVersionId, userId);
    const { clock, logger, helpers } = this;
    const prober = this.prober(live, run.lab.spec.sandbox.requires.includes('uplink'));
    const cluster = new ClusterFollower({
      driver: this.clusters,
      admin: run.lab.spec.sandbox.cluster?.admin ?? false,
      calls: Object.values(run.lab.calls),
      clock,
      logger,
      show: (view) => prober.setCluster(view),
    });
    const actor = new RunActor(run, { tenantId, sandboxId, userId }, past, frozenAt, {
      clock,
      logger,
      helpers,
      prober,
      save: (change) => this.repository.save(change),
      newEvidenceId: () => this.repository.newEvidenceId(),
      onChange: (transitions) => {
        for (const listener of listeners) listener(transitions);
      },
    });
    const count = this.attachments.get(sandboxId);
    if (count !== undefined) actor.attached(count);
    // As it is by now, not as it was when the lab began to be loaded.
    if (run.lab.spec.sandbox.cluster && !frozenAt) cluster.follow(this.directory.find(sandboxId) ?? live);
    actor.start();
    return { live, actor, cluster, listeners };
  }

  private prober(live: LiveSandbox, uplink: boolean): SandboxProber {
    try {
      const now = (): number => this.clock.monotonic();
      return new SandboxProber(openHostProber(live.initPid, { uplink, now }));
    } catch (error) {
      this.logger.warn({ err: error, sandbox: live.id }, 'the lab host cannot be observed');
      return new SandboxProber(undefined);
    }
  }

  private async load(tenantId: string, sandboxId: string, labVersionId: string, userId?: string) {
    const whole = await this.prepared(tenantId, labVersionId);
    const lab = await this.plans.planned(whole, { tenantId, sandboxId, userId });
    const stored = await this.repository.load(sandboxId);
    const time = { now: this.clock.monotonic(), wall: this.clock.now() };
    const trips = restoreTrips(stored.trips, time);
    const run = new Run(lab, time.now, restore(stored.objectives, time), trips);
    return { run, past: stored.past, frozenAt: stored.frozenAt };
  }

  /** Compiled once per version: it never changes, and compiling costs more than a look. */
  private async prepared(tenantId: string, labVersionId: string): Promise<PreparedLab> {
    const known = this.labsByVersion.get(labVersionId);
    if (known) return known;
    const lab = prepareLab((await this.labs.byVersionId(tenantId, labVersionId)).spec);
    if (this.labsByVersion.size >= MAX_LABS) this.labsByVersion.clear();
    this.labsByVersion.set(labVersionId, lab);
    return lab;
  }

  /** A run that is over, to read. */
  private async past(row: {
    tenantId: string;
    id: string;
    userId: string;
    labVersionId: string;
    endedAt: Date | null;
  }) {
    const { run, past, frozenAt } = await this.load(row.tenantId, row.id, row.labVersionId);
    const who = { tenantId: row.tenantId, sandboxId: row.id, userId: row.userId };
    return new RunActor(run, who, past, frozenAt ?? row.endedAt ?? new Date(this.clock.now()), {
      clock: this.clock,
      logger: this.logger,
      helpers: this.helpers,
      prober: unreachableProber('the sandbox has ended'),
      save: () => Promise.resolve(),
      newEvidenceId: () => this.repository.newEvidenceId(),
      onChange: () => undefined,
    });
  }
}

function close({ actor, cluster }: Graded): void {
  cluster.close();
  actor.close();
}
