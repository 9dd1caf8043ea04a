import os from 'node:os';
import type { AppConfig } from '../config/app-config.js';
import type { Runtime } from '../core.module.js';
import type { Bus } from '../events/bus.js';
import { readMachine } from '../linux/machine.js';
import { isUnderPressure } from '../linux/pressure.js';
import { serveMinikube } from '../minikube/session.js';
import type { TenantRepository } from '../tenants/tenant.repository.js';
import type { UserRepository } from '../tenants/user.repository.js';
import { Admission } from './admission.js';
import { Advance } from './advance.js';
import { Allocate } from './allocate.js';
import { Budget, capacityOf } from './budget.js';
import { BuildTimes } from './build-times.js';
import { Clocks } from './clocks.js';
import { type CohortRules, noCohorts } from './cohort-rules.js';
import type { ClusterApi } from './cluster-api.js';
import { ClusterSockets } from './cluster-sockets.js';
import { Faults } from './fault.js';
import type { LabCatalogue } from './lab-catalogue.js';
import { LearnerSteps } from './learner-steps.js';
import { Lifetimes } from './lifetimes.js';
import { Living } from './living.js';
import { makePool, type Pool } from './pool/make-pool.js';
import { QueueForecast } from './queue-forecast.js';
import { QueueWatch } from './queue-watch.js';
import { Recipe } from './recipe.js';
import { Reconciler } from './reconciler.js';
import { SandboxRepository } from './sandbox.repository.js';
import { SandboxService } from './sandbox.service.js';
import { Slots } from './slots.js';

/** The parts of the sandbox core, wired by hand: they know no framework. */
export class SandboxRuntime {
  readonly living: Living;
  readonly service: SandboxService;
  readonly budget: Budget;
  readonly admission: Admission;
  readonly pool: Pool;
  private readonly advance: Advance;
  private readonly reconciler: Reconciler;
  private readonly clocks: Clocks;
  private readonly queue: QueueWatch;

  constructor(o: {
    runtime: Runtime;
    bus: Bus;
    users: UserRepository;
    tenants: TenantRepository;
    labs: LabCatalogue;
    /** Absent = there are none. */
    cohorts?: CohortRules;
    api: ClusterApi;
    /** Whether processes wait for the machine's processors; then the pool waits, too. */
    underPressure?: () => boolean;
  }) {
    const { config, driver, clusters, clock, logger, prisma } = o.runtime;
    const { bus, labs, api, cohorts = noCohorts } = o;
    const repository = new SandboxRepository(prisma);
    const living = (this.living = new Living(repository, bus));
    this.budget = new Budget(capacityOf(readMachine(), budgetOverrides(config)));
    const admission = (this.admission = new Admission(this.budget, new Slots()));
    const faults = new Faults(config.fault);
    const recipe = new Recipe({ driver, clusters });
    const learner = new LearnerSteps({ driver, clusters, api, labs });
    const times = new BuildTimes();
    const lifetimes = new Lifetimes(labs, config.sandboxTtlMs);
    const builders = Math.max(1, Math.floor(os.cpus().length / 2));
    const shared = {
      living,
      admission,
      repository,
      driver,
      clusters,
      recipe,
      learner,
      api,
      bus,
      clock,
      logger,
    };
    this.advance = new Advance({
      ...shared,
      faults,
      concurrency: 2 * os.cpus().length,
      lifetimeMs: async (row) => {
        const lifetime = await lifetimes.of(row);
        return Math.min(lifetime, (cohorts.closesAt(row.cohortId) ?? Infinity) - clock.now());
      },
      onUnit: (entry, outcome, ms) => {
        if (outcome === 'held') times.add('cluster', ms);
        this.pool.warm.outcome(entry, outcome);
      },
      onMade: (entry, ms) => times.add(entry.row.cluster ? 'cluster' : 'host', ms),
    });
    const core = { ...shared, faults, advance: this.advance, avoid: [config.networkPool] };
    this.pool = makePool({
      ...core,
      labs,
      times,
      builders,
      tenantId: o.runtime.tenantId,
      config: clusters.name === 'none' ? [] : config.pool,
      planned: () => (clusters.name === 'none' ? [] : cohorts.prewarm(o.runtime.tenantId)),
      keepRunning: config.poolRunning,
      maxAgeMs: config.poolMaxAgeMs,
      isBusy: () => (o.underPressure ?? isUnderPressure)() || this.makesForLearners(),
    });
    const forecast = new QueueForecast({
      ...core,
      times,
      builders,
      idleTtlMs: config.idleTtlMs,
      lifetimeMs: (row) => lifetimes.now(row),
    });
    this.queue = new QueueWatch({ admission, forecast, clock, logger });
    this.reconciler = new Reconciler(core);
    const limits = { idleTtlMs: config.idleTtlMs, unopenedTtlMs: config.unopenedTtlMs };
    this.clocks = new Clocks({ ...core, limits });
    this.service = new SandboxService({
      ...core,
      forecast,
      allocate: new Allocate({ ...core, claim: this.pool.claim, care: this.pool.care }),
      users: o.users,
      tenants: o.tenants,
      labs,
      cohorts,
      maxTtlMs: config.sandboxTtlMs,
    });
    new ClusterSockets({ ...core, serve: (socket, control) => serveMinikube(socket, control, { logger }) });
  }

  /** After every other feature has subscribed to the bus, before the service listens. */
  async start(): Promise<void> {
    await this.reconciler.start();
    this.clocks.start();
    this.queue.start();
    this.pool.warm.start();
  }

  /** Running sandboxes stay: the next service adopts them. */
  stop(): void {
    this.pool.warm.stop();
    this.queue.stop();
    this.clocks.stop();
    this.reconciler.stop();
    this.advance.stop();
  }

  private makesForLearners(): boolean {
    return [...this.living.entries.values()].some(
      ({ row }) => row.userId !== null && row.cluster !== null && row.state === 'provisioning',
    );
  }
}

function budgetOverrides(config: AppConfig) {
  const { budgetMemoryBytes: bytes, budgetPids: pids } = config;
  return {
    ...(bytes === 'auto' ? {} : { memMiB: Math.floor(bytes / 1024 / 1024) }),
    ...(pids === 'auto' ? {} : { pids }),
  };
}
