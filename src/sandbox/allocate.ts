import type { Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { newId } from '../common/ids.js';
import type { Bus } from '../events/bus.js';
import type { Admission } from './admission.js';
import type { Advance } from './advance.js';
import type { Faults } from './fault.js';
import type { LabRef } from './lab-catalogue.js';
import type { Entry, Living } from './living.js';
import type { CohortTerms } from './cohort-rules.js';
import type { Claim } from './pool/claim.js';
import type { UnitCare } from './pool/unit-care.js';
import { assertQuota, type Quota } from './quota.js';
import type { Recipe } from './recipe.js';
import type { SandboxRow } from './sandbox-row.js';
import { drawFor, newSeed } from './draw.js';
import { LIVING } from './sandbox.machine.js';
import type { SandboxRepository } from './sandbox.repository.js';

export interface AllocateDeps {
  living: Living;
  admission: Admission;
  advance: Advance;
  repository: SandboxRepository;
  recipe: Recipe;
  claim: Claim;
  care: UnitCare;
  clock: Clock;
  bus: Bus;
  faults: Faults;
  /** Networks of this installation that no drawn parameter may meet. */
  avoid: readonly string[];
}

export interface AllocateRequest {
  tenantId: string;
  userId: string;
  lab: LabRef;
  /** Living sandboxes that there may be at once; absent = no limit. */
  quota?: Quota;
  /** Absent = in no cohort. */
  cohort?: Pick<CohortTerms, 'id'>;
  replaces?: { id: string; expiresAt: Date | null };
  /** The lab's parameters are drawn for this run; by default they are the lab's own. */
  individualise?: boolean;
}

/** Gives a learner the living sandbox of a lab, or a new one: at most one, however often it is asked. */
export class Allocate {
  /** Requests that are being answered, by learner and lab: a double click waits for the first one. */
  private readonly inFlight = new Map<string, Promise<unknown>>();
  /** Those that are not among the living yet, so that requests side by side cannot pass a quota together. */
  private readonly coming = new Set<AllocateRequest>();

  constructor(private readonly d: AllocateDeps) {}

  async run(request: AllocateRequest): Promise<{ entry: Entry; created: boolean }> {
    const key = `${request.tenantId} ${request.userId} ${request.lab.labId}`;
    for (let other = this.inFlight.get(key); other; other = this.inFlight.get(key)) await other;
    const own = this.livingOf(request);
    if (own) return { entry: own, created: false };
    const running = this.make(request);
    const settled = running.then(
      () => undefined,
      () => undefined,
    );
    this.inFlight.set(key, settled);
    try {
      return await running;
    } finally {
      this.inFlight.delete(key);
    }
  }

  private async make(request: AllocateRequest): Promise<{ entry: Entry; created: boolean }> {
    if (request.quota) assertQuota(request, this.d.living.entries.values(), this.coming);
    this.coming.add(request);
    try {
      return await this.give(request);
    } finally {
      this.coming.delete(request);
    }
  }

  private async give(request: AllocateRequest): Promise<{ entry: Entry; created: boolean }> {
    this.d.recipe.assertOffered(request.lab);
    const row = this.newRow(request);
    const verdict = this.d.admission.verdict(row.cost);
    if (!verdict.fits && verdict.impossible) throw this.impossible(row, verdict.reason);
    // A unit that is there must not go to whoever came last.
    const warm = this.d.admission.isQueuedFor(row) ? undefined : await this.d.claim.run(request);
    if (warm) return { entry: warm, created: true };
    const room = this.d.admission.tryTake(row);
    if (room) {
      row.state = 'provisioning';
      row.attempt = 1;
      row.slot = room.slot;
    } else await this.d.care.makeRoom(row.cost);
    return this.insert(row, request);
  }

  private impossible(row: SandboxRow, reason: keyof SandboxRow['cost']['reserve']): AppError {
    const has = this.d.admission.budget.capacity[reason];
    const asks = `${row.cost.reserve[reason]}, at most ${row.cost.limit[reason]}`;
    return new AppError(
      'budget_impossible',
      `The lab needs ${reason} ${asks}; this machine has ${has} for all sandboxes.`,
    );
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

  private newRow(request: AllocateRequest): SandboxRow {
    const id = newId('sb');
    const seed = newSeed();
    const { lab } = request;
    const cluster = lab.cluster && {
      nodes: lab.cluster.nodes,
      admin: lab.cluster.admin,
      start: lab.cluster.start,
    };
    return {
      tenantId: request.tenantId,
      id,
      userId: request.userId,
      labId: lab.labId,
      labSlug: lab.slug,
      labVersionId: lab.labVersionId,
      state: 'queued',
      intent: 'run',
      version: 0,
      attempt: 0,
      slot: null,
      cost: this.d.recipe.cost(id, lab.requires, cluster),
      seed,
      draw: drawFor(request, seed, this.d.avoid),
      requires: lab.requires,
      // A node of kind is privileged: whoever controls one controls the machine.
      tier: cluster ? 'T0' : 'T1',
      base: this.d.recipe.baseOf(lab.requires, cluster),
      heldAt: null,
      cluster,
      clusterPhase: cluster && (cluster.start === 'learner' ? 'hidden' : 'running'),
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
      cohortId: request.cohort?.id ?? null,
      handRaisedAt: null,
    };
  }
}
