import { randomBytes } from 'node:crypto';
import type { Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { kernelName, newId } from '../common/ids.js';
import type { HostDriver } from '../drivers/host-driver.js';
import { hostCapabilities } from '../drivers/requires.js';
import type { Bus } from '../events/bus.js';
import type { Admission } from './admission.js';
import type { Advance } from './advance.js';
import type { Faults } from './fault.js';
import type { LabRef } from './lab-catalogue.js';
import type { Entry, Living } from './living.js';
import type { SandboxRow } from './sandbox-row.js';
import { LIVING } from './sandbox.machine.js';
import type { SandboxRepository } from './sandbox.repository.js';

export interface AllocateDeps {
  living: Living;
  admission: Admission;
  advance: Advance;
  repository: SandboxRepository;
  driver: HostDriver;
  clock: Clock;
  bus: Bus;
  faults: Faults;
}

export interface AllocateRequest {
  tenantId: string;
  userId: string;
  lab: LabRef;
  /** Living sandboxes that the tenant may have; null = no limit. */
  maxSandboxes: number | null;
  replaces?: { id: string; expiresAt: Date | null };
}

/** Gives a learner the living sandbox of a lab, or a new one: at most one, however often it is asked. */
export class Allocate {
  constructor(private readonly d: AllocateDeps) {}

  async run(request: AllocateRequest): Promise<{ entry: Entry; created: boolean }> {
    const own = this.livingOf(request);
    if (own) return { entry: own, created: false };
    this.checkQuota(request);
    const row = this.newRow(request);
    const verdict = this.d.admission.verdict(row.cost);
    if (!verdict.fits && verdict.impossible) {
      const has = this.d.admission.budget.capacity[verdict.reason];
      const { reserve, limit } = row.cost;
      const asks = `${reserve[verdict.reason]}, at most ${limit[verdict.reason]}`;
      throw new AppError(
        'budget_impossible',
        `The lab needs ${verdict.reason} ${asks}; this machine has ${has} for all sandboxes.`,
      );
    }
    const room = this.d.admission.tryTake(row.cost);
    if (room) {
      row.state = 'provisioning';
      row.attempt = 1;
      row.slot = room.slot;
    }
    return this.insert(row, request);
  }

  private async insert(
    row: SandboxRow,
    request: AllocateRequest,
  ): Promise<{ entry: Entry; created: boolean }> {
    const giveBack = () => {
      if (row.slot !== null) this.d.admission.giveBack(row.cost, row.slot);
    };
    let inserted: boolean;
    try {
      const payload = { from: null, state: row.state, lab: row.labSlug };
      inserted = await this.d.repository.insert({
        row,
        events: [{ type: 'sandbox.state', payload }],
        steps: [],
      });
    } catch (error) {
      giveBack();
      throw error;
    }
    if (!inserted) {
      giveBack();
      const own = this.livingOf(request);
      if (own) return { entry: own, created: false };
      throw new AppError('conflict', 'Another sandbox of this lab is just ending. Try again.', {
        retryAfter: 1,
      });
    }
    this.d.faults.at('after:insert');
    const entry = this.d.living.add(row);
    this.d.bus.emit('feed.appended', { sandboxId: row.id });
    if (row.state === 'queued') this.d.admission.enqueue(entry);
    this.d.advance.kick(entry);
    return { entry, created: true };
  }

  private livingOf(request: AllocateRequest): Entry | undefined {
    for (const entry of this.d.living.entries.values()) {
      const { row } = entry;
      const same =
        row.tenantId === request.tenantId && row.userId === request.userId && row.labId === request.lab.labId;
      if (same && row.intent === 'run' && LIVING.includes(row.state)) return entry;
    }
    return undefined;
  }

  private checkQuota(request: AllocateRequest): void {
    if (request.maxSandboxes === null) return;
    let living = 0;
    for (const { row } of this.d.living.entries.values()) {
      if (row.tenantId === request.tenantId && LIVING.includes(row.state)) living++;
    }
    if (living >= request.maxSandboxes) {
      throw new AppError(
        'quota_exceeded',
        `The tenant has ${living} of ${request.maxSandboxes} sandboxes. Release one first.`,
      );
    }
  }

  private newRow(request: AllocateRequest): SandboxRow {
    const id = newId('sb');
    const spec = { slot: 0, requires: hostCapabilities(request.lab.requires) };
    return {
      tenantId: request.tenantId,
      id,
      userId: request.userId,
      labId: request.lab.labId,
      labSlug: request.lab.slug,
      labVersionId: request.lab.labVersionId,
      state: 'queued',
      intent: 'run',
      version: 0,
      attempt: 0,
      slot: null,
      cost: this.d.driver.plan(kernelName(id), 1, spec).cost,
      seed: randomBytes(16).toString('hex'),
      requires: request.lab.requires,
      tier: 'T1',
      createdAt: new Date(this.d.clock.now()),
      readyAt: null,
      openedAt: null,
      expiresAt: request.replaces?.expiresAt ?? null,
      lastActivityAt: null,
      endedAt: null,
      extensions: 0,
      replacesId: request.replaces?.id ?? null,
      failureCode: null,
      failureDetail: null,
    };
  }
}
