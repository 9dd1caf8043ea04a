import os from 'node:os';
import type { AppConfig } from '../config/app-config.js';
import type { Runtime } from '../core.module.js';
import type { Bus } from '../events/bus.js';
import { readMachine } from '../linux/machine.js';
import type { TenantRepository } from '../tenants/tenant.repository.js';
import type { UserRepository } from '../tenants/user.repository.js';
import { Admission } from './admission.js';
import { Advance } from './advance.js';
import { Allocate } from './allocate.js';
import { Budget, capacityOf } from './budget.js';
import { Clocks } from './clocks.js';
import { Faults } from './fault.js';
import type { LabCatalogue } from './lab-catalogue.js';
import { Living } from './living.js';
import { Reconciler } from './reconciler.js';
import { SandboxRepository } from './sandbox.repository.js';
import { SandboxService } from './sandbox.service.js';
import { Slots } from './slots.js';

/** The parts of the sandbox core, wired by hand: they know no framework. */
export class SandboxRuntime {
  readonly living: Living;
  readonly service: SandboxService;
  readonly budget: Budget;
  private readonly advance: Advance;
  private readonly reconciler: Reconciler;
  private readonly clocks: Clocks;

  constructor(o: {
    runtime: Runtime;
    bus: Bus;
    users: UserRepository;
    tenants: TenantRepository;
    labs: LabCatalogue;
  }) {
    const { config, driver, clock, logger, prisma } = o.runtime;
    const { bus, labs } = o;
    const repository = new SandboxRepository(prisma);
    const living = (this.living = new Living(repository, bus));
    this.budget = new Budget(capacityOf(readMachine(), budgetOverrides(config)));
    const admission = new Admission(this.budget, new Slots());
    const faults = new Faults(config.fault);
    const core = { living, admission, repository, driver, bus, clock, logger, faults };
    this.advance = new Advance({
      ...core,
      concurrency: 2 * os.cpus().length,
      lifetimeMs: async (row) => {
        const lab = await labs.byVersion(row.tenantId, row.labVersionId);
        return Math.min(lab.durationMs, config.sandboxTtlMs);
      },
    });
    const withAdvance = { ...core, advance: this.advance };
    this.reconciler = new Reconciler(withAdvance);
    const limits = { idleTtlMs: config.idleTtlMs, unopenedTtlMs: config.unopenedTtlMs };
    this.clocks = new Clocks({ living, advance: this.advance, clock, logger, limits });
    this.service = new SandboxService({
      ...withAdvance,
      allocate: new Allocate(withAdvance),
      users: o.users,
      tenants: o.tenants,
      labs,
      maxTtlMs: config.sandboxTtlMs,
    });
  }

  /** After every other feature has subscribed to the bus, before the service listens. */
  async start(): Promise<void> {
    await this.reconciler.start();
    this.clocks.start();
  }

  /** Running sandboxes stay: the next service adopts them. */
  stop(): void {
    this.clocks.stop();
    this.reconciler.stop();
    this.advance.stop();
  }
}

function budgetOverrides(config: AppConfig) {
  const { budgetMemoryBytes: bytes, budgetPids: pids } = config;
  return {
    ...(bytes === 'auto' ? {} : { memMiB: Math.floor(bytes / 1024 / 1024) }),
    ...(pids === 'auto' ? {} : { pids }),
  };
}
