import { availableParallelism } from 'node:os';
import {
  Inject,
  Injectable,
  Optional,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { Principal } from '../auth/principal.js';
import type { Clock } from '../common/clock.js';
import { CLOCK } from '../common/clock.token.js';
import { AppError } from '../common/errors/app-error.js';
import type { Logger } from '../common/logger.js';
import { LOGGER } from '../common/logger.token.js';
import type { ClusterDriver } from '../drivers/cluster-driver.js';
import { CLUSTER_DRIVER } from '../drivers/driver.tokens.js';
import { RUNTIME, type Runtime } from '../core.module.js';
import { Bus } from '../events/bus.js';
import { labView, type LabView } from '../labs/lab-view.js';
import { LabsService } from '../labs/labs.service.js';
import type { Draw } from '../labs/params.js';
import { prepareLab, type PreparedLab } from '../labs/prepared-lab.js';
import { SandboxDirectory, type LiveSandbox } from '../sandbox/live-sandbox.js';
import { SandboxService } from '../sandbox/sandbox.service.js';
import { ClusterFollower } from './cluster/cluster-follower.js';
import { ForeignTokens } from './foreign-tokens.js';
import { endedRun, type EndedRow, type EndedRun } from './ended-runs.js';
import { causeOfEnd, frozenNow, type FreezeCause } from './freeze.js';
import { GradingRepository } from './grading.repository.js';
import { LogRepository } from './log/log.repository.js';
import { RunLog } from './log/run-log.js';
import { Veil } from './log/veil.js';
import { failuresOf } from './failures.js';
import { openHostProber } from './probes/open-host-prober.js';
import type { Prober } from './probes/prober.js';
import { SandboxProber } from './probes/sandbox-prober.js';
import { unreachableProber } from './probes/unreachable.js';
import { RunActor } from './run-actor.js';
import { RunPlans } from './run-plans.js';
import { ScriptDesk } from './scripts/script-desk.js';
import { ScriptedProber } from './scripts/scripted-prober.js';
import { restore, restoreTrips } from './run-record.js';
import { Run, type Transition } from './run.js';
import { TokenWatch } from './token-watch.js';
import { Semaphore } from '../common/semaphore.js';

export type ProgressListener = (transitions: Transition[]) => void;

/** Ready for longer than this means taken over from a service before this one: grading goes on at once. */
const NEW_MS = 2000;

/** Versions kept compiled. */
const MAX_LABS = 200;

/** What of a sandbox's row its run is made of. */
interface RunRow {
  tenantId: string;
  id: string;
  labVersionId: string;
  draw: Draw | null;
  endedAt?: Date | null;
  failureCode?: string | null;
}

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
  private readonly foreign: ForeignTokens;

  constructor(
    private readonly repository: GradingRepository,
    private readonly logs: LogRepository,
    @Inject(RUNTIME) private readonly runtime: Pick<Runtime, 'secret'>,
    private readonly plans: RunPlans,
    private readonly scripts: ScriptDesk,
    private readonly labs: LabsService,
    private readonly sandboxes: SandboxService,
    private readonly directory: SandboxDirectory,
    private readonly bus: Bus,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    audit: AuditLog,
    @Optional() @Inject(CLUSTER_DRIVER) private readonly clusters?: ClusterDriver,
  ) {
    this.foreign = new ForeignTokens({
      drawnRuns: (tenantId, labSlug) => repository.drawnRuns(tenantId, labSlug),
      specOf: async (tenantId, version) => (await this.preparedVersion(tenantId, version)).spec,
      clock,
      audit,
    });
  }

  onModuleInit(): void {
    this.unsubscribe.push(
      this.bus.on('sandbox.ready', (live) => this.begin(live)),
      this.bus.on('sandbox.cluster', (live) => this.clusterChanged(live)),
      this.bus.on('sandbox.ending', ({ sandboxId, reason }) => this.end(sandboxId, causeOfEnd(reason))),
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
    await Promise.allSettled(all.map(async (graded) => close(await graded)));
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

  /** Runs of the same learner and lab that are over, the newest first. */
  async runsLike(principal: Principal, sandboxId: string): Promise<EndedRun[]> {
    const { tenantId, userId, labId } = await this.sandboxes.get(principal, sandboxId);
    const rows = await this.repository.endedRuns({ tenantId, userId, labId });
    const logs = await this.logs.kinds(rows.map(({ id }) => id));
    return Promise.all(
      rows.map(async (row) =>
        endedRun(row, { ...(await this.pastRun(row)), replay: logs.get(row.id) ?? 'none' }),
      ),
    );
  }

  private async pastRun(row: EndedRow) {
    const { run, before } = await this.load(row);
    return { run, frozen: before.frozen! };
  }

  /** The lab of a sandbox with its run's values put in. */
  async labOf(principal: Principal, sandboxId: string, locale: string | undefined): Promise<LabView> {
    const { tenantId, labVersionId, draw } = await this.sandboxes.get(principal, sandboxId);
    return labView(await this.labs.byVersionId(tenantId, labVersionId), locale, draw);
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
    void this.graded
      .get(live.id)
      ?.then(close)
      .catch(() => undefined);
    const starting = this.start(live);
    this.graded.set(live.id, starting);
    starting.catch((error: unknown) => {
      this.logger.error({ err: error, sandbox: live.id }, 'grading could not start');
      if (this.graded.get(live.id) === starting) this.graded.delete(live.id);
    });
  }

  private end(sandboxId: string, cause: FreezeCause): void {
    const ending = this.graded.get(sandboxId);
    this.graded.delete(sandboxId);
    this.unseen.delete(sandboxId);
    this.attachments.delete(sandboxId);
    // Its residents hold namespaces of the sandbox alive.
    void ending?.then((graded) => close(graded, cause)).catch(() => undefined);
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
    const { run, past, before } = await this.load(live, userId);
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
    const writer = { tenantId, sandboxId, segment: clock.now() };
    const log = new RunLog({
      veil: new Veil({ ...run.lab, key: this.runtime.secret }),
      earlier: await this.logs.size(sandboxId),
      clock,
      logger,
      store: (chunks) => this.logs.append(writer, chunks),
    });
    const actor = new RunActor(run, { tenantId, sandboxId, userId }, past, before, {
      clock,
      logger,
      helpers,
      prober: this.withScripts(prober, run, live),
      log,
      isPaused: () => this.directory.find(sandboxId)?.paused ?? false,
      ...this.tokenWatch(live, run),
      save: (change) => this.repository.save(change, writer),
      newEvidenceId: () => this.repository.newEvidenceId(),
      onChange: (transitions) => {
        for (const listener of listeners) listener(transitions);
        this.bus.emit('progress.stored', { sandboxId, failures: failuresOf(run) });
      },
    });
    const count = this.attachments.get(sandboxId);
    if (count !== undefined) actor.attached(count);
    // As it is by now, not as it was when the lab began to be loaded.
    if (run.lab.spec.sandbox.cluster && !before.frozen)
      cluster.follow(this.directory.find(sandboxId) ?? live);
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

  /** Only where an assertion has a script. */
  private withScripts(prober: Prober, run: Run, { tenantId, labVersionId }: LiveSandbox): Prober {
    const { calls, values } = run.lab;
    if (!Object.values(calls).some(({ probe }) => probe === 'script')) return prober;
    const fileText = async (file: string) =>
      (await this.labs.byVersionId(tenantId, labVersionId)).files[file];
    return new ScriptedProber({ prober, desk: this.scripts, values, calls, fileText });
  }

  /** Only where something secret was drawn. */
  private tokenWatch(live: LiveSandbox, run: Run): { tokens?: TokenWatch } {
    const { secrets } = run.lab;
    if (live.draw === null || secrets.length === 0) return {};
    const { id: sandboxId, tenantId, userId, labSlug } = live;
    const who = { tenantId, sandboxId, userId, labSlug };
    return { tokens: new TokenWatch(secrets, (candidates) => this.foreign.among(candidates, who)) };
  }

  private async load(row: RunRow, userId?: string) {
    const { tenantId, id: sandboxId } = row;
    const whole = await this.prepared(row);
    const lab = await this.plans.planned(whole, { tenantId, sandboxId, userId });
    const stored = await this.repository.load(sandboxId);
    const time = { now: this.clock.monotonic(), wall: this.clock.now() };
    const trips = restoreTrips(stored.trips, time);
    const { objectives, decisions, past, frozen, shown } = stored;
    const ended =
      frozen ?? (row.endedAt ? frozenNow(row.endedAt, causeOfEnd(row.failureCode ?? null)) : null);
    const restored = restore(objectives, time, { frozen: ended !== null, decisions });
    const flags = stored.flags.map(({ flag, subject }) => `${flag} ${subject}`);
    const run = new Run(lab, time.now, restored, trips, flags);
    return { run, past, before: { frozen: ended, shown, rows: objectives } };
  }

  /** With the values of the run put in; what no value changes is compiled once per version. */
  private async prepared({ tenantId, labVersionId, draw }: RunRow): Promise<PreparedLab> {
    const base = await this.preparedVersion(tenantId, labVersionId);
    return draw ? prepareLab(base.spec, draw, base) : base;
  }

  /** Compiled once per version: it never changes, and compiling costs more than a look. */
  private async preparedVersion(tenantId: string, labVersionId: string): Promise<PreparedLab> {
    const known = this.labsByVersion.get(labVersionId);
    if (known) return known;
    const lab = prepareLab((await this.labs.byVersionId(tenantId, labVersionId)).spec);
    if (this.labsByVersion.size >= MAX_LABS) this.labsByVersion.clear();
    this.labsByVersion.set(labVersionId, lab);
    return lab;
  }

  /** A run that is over, to read. */
  private async past(row: RunRow & { userId: string }) {
    const { run, past, before } = await this.load(row);
    const frozen = before.frozen ?? frozenNow(new Date(this.clock.now()), 'lost');
    const who = { tenantId: row.tenantId, sandboxId: row.id, userId: row.userId };
    return new RunActor(
      run,
      who,
      past,
      { ...before, frozen },
      {
        clock: this.clock,
        logger: this.logger,
        helpers: this.helpers,
        prober: unreachableProber('the sandbox has ended'),
        // Only what people decide afterwards.
        save: (change) => this.repository.save(change),
        newEvidenceId: () => this.repository.newEvidenceId(),
        onChange: () => undefined,
      },
    );
  }
}

/** Resolves once its log is stored, and its last score where the sandbox goes. */
function close({ actor, cluster }: Graded, cause?: FreezeCause): Promise<void> {
  cluster.close();
  return cause === undefined ? actor.close() : actor.end(cause);
}
