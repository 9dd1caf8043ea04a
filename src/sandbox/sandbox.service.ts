import type { Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { assertCanUseSandbox } from '../auth/access.js';
import type { Principal } from '../auth/principal.js';
import type { ClusterDriver } from '../drivers/cluster-driver.js';
import { DriverError } from '../drivers/driver-error.js';
import type { HostDriver } from '../drivers/host-driver.js';
import type { TenantRepository } from '../tenants/tenant.repository.js';
import type { UserRepository } from '../tenants/user.repository.js';
import type { Admission } from './admission.js';
import type { Advance } from './advance.js';
import type { Allocate } from './allocate.js';
import type { CohortRules } from './cohort-rules.js';
import type { LabCatalogue, LabRef } from './lab-catalogue.js';
import type { LiveSandbox } from './live-sandbox.js';
import type { Entry, Living } from './living.js';
import type { QueueForecast } from './queue-forecast.js';
import { type ClaimedRow, isClaimed, type SandboxRow } from './sandbox-row.js';
import { isFinal, LIVING } from './sandbox.machine.js';
import type { SandboxRepository } from './sandbox.repository.js';
import type { SandboxView } from './sandbox.schema.js';

export interface SandboxServiceDeps {
  living: Living;
  admission: Admission;
  advance: Advance;
  allocate: Allocate;
  repository: SandboxRepository;
  users: UserRepository;
  tenants: TenantRepository;
  labs: LabCatalogue;
  cohorts: CohortRules;
  driver: HostDriver;
  clusters: ClusterDriver;
  forecast: QueueForecast;
  clock: Clock;
  /** No sandbox lives longer than this from `ready`, ms. */
  maxTtlMs: number;
}

/** What the HTTP surface may do with sandboxes. */
export class SandboxService {
  constructor(private readonly d: SandboxServiceDeps) {}

  async allocate(
    principal: Principal,
    o: {
      lab: string;
      user?: string | undefined;
      cohort?: string | undefined;
      individualise?: boolean;
      waitMs: number;
    },
  ) {
    if (this.d.driver.name === 'none') {
      throw new AppError(
        'provider_unavailable',
        'This machine cannot run lab hosts. GET /v1/doctor says what it lacks.',
      );
    }
    const limits = await this.d.tenants.limits(principal.tenantId);
    if (limits.suspended) throw new AppError('forbidden', 'The tenant is suspended.');
    const [lab, userId] = await Promise.all([
      this.d.labs.resolve(principal.tenantId, o.lab),
      this.userOf(principal, o.user),
    ]);
    this.checkCluster(lab);
    const cohort = await this.d.cohorts.admit(principal, { userId, cohort: o.cohort });
    const { entry, created } = await this.d.allocate.run({
      tenantId: principal.tenantId,
      userId,
      lab,
      individualise: o.individualise === true || cohort?.individualise === true,
      quota: {
        tenant: limits.maxSandboxes,
        user: (await this.d.users.maxSandboxes(principal.tenantId, userId)) ?? limits.maxSandboxesPerUser,
        cohort: cohort?.maxSandboxes ?? null,
        userInCohort: cohort?.maxSandboxesPerUser ?? null,
      },
      ...(cohort === undefined ? {} : { cohort }),
    });
    await entry.until((row) => row.state !== 'provisioning' && row.state !== 'queued', o.waitMs);
    const { row } = entry;
    if (row.state === 'failed' || (row.state === 'releasing' && row.intent === 'fail')) {
      throw new AppError('provisioning_failed', row.failureDetail ?? 'The sandbox could not be made.');
    }
    return { view: this.view(row), created };
  }

  private checkCluster(lab: LabRef): void {
    if (!lab.cluster) return;
    const { clusters } = this.d;
    if (clusters.name === 'none') {
      throw new AppError(
        'provider_unavailable',
        'This machine cannot run clusters. GET /v1/doctor says what it lacks; labs without a cluster work.',
      );
    }
    this.assertMakeable(lab);
    if (lab.cluster.fidelity !== 'any' && lab.cluster.fidelity !== clusters.fidelity) {
      throw new AppError(
        'fidelity_unavailable',
        `The lab asks for a ${lab.cluster.fidelity} cluster; clusters here are ${clusters.fidelity}.`,
      );
    }
  }

  /** Such as a node image that is still being fetched: not something to queue for. */
  private assertMakeable(lab: LabRef): void {
    try {
      this.d.clusters.plan('0000000000', 1, { nodes: lab.cluster!.nodes });
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      throw new AppError('provider_unavailable', `Clusters cannot be made now: ${error.detail}.`, {
        cause: error,
        retryAfter: 30,
      });
    }
  }

  private async userOf(principal: Principal, external: string | undefined): Promise<string> {
    if (principal.userId !== undefined) {
      if (external === undefined) return principal.userId;
      throw new AppError(
        'forbidden',
        'user: a learner token allocates for its own user. Leave the field out.',
      );
    }
    if (external === undefined)
      throw new AppError('validation_failed', 'user: say for whom, with your own id of the learner.');
    return this.d.users.ensure(principal.tenantId, external);
  }

  /** The row, living or ended; rejects with `not_found` for anyone who may not see it. */
  async get(principal: Principal, id: string): Promise<ClaimedRow> {
    const row = this.d.living.entries.get(id)?.row ?? (await this.d.repository.find(principal.tenantId, id));
    if (!row || !isClaimed(row)) throw new AppError('not_found', 'There is no sandbox with this id.');
    assertCanUseSandbox(principal, row);
    return row;
  }

  /** The living entry; an ended sandbox answers 410. */
  async entry(principal: Principal, id: string): Promise<Entry> {
    const row = await this.get(principal, id);
    const entry = this.d.living.entries.get(id);
    if (!entry || isFinal(row.state)) {
      const lost = row.failureCode === 'sandbox_lost';
      throw new AppError(
        lost ? 'sandbox_lost' : 'sandbox_expired',
        row.failureDetail ?? 'The sandbox has ended.',
      );
    }
    return entry;
  }

  async list(
    principal: Principal,
    q: { user?: string; lab?: string; state?: string; cohort?: string; limit: number; cursor?: string },
  ) {
    let userId = principal.kind === 'learner' ? principal.userId : undefined;
    const taught = principal.kind === 'instructor' ? [...(principal.taught ?? [])] : undefined;
    const cohortIds =
      q.cohort === undefined ? taught : (taught ?? [q.cohort]).filter((id) => id === q.cohort);
    if (q.user !== undefined && userId === undefined) {
      const user = await this.d.users.find(principal.tenantId, q.user);
      if (!user) return { items: [], nextCursor: null };
      userId = user.id;
    }
    const rows = await this.d.repository.page({
      tenantId: principal.tenantId,
      limit: q.limit,
      ...(userId === undefined ? {} : { userId }),
      ...(q.lab === undefined ? {} : { lab: q.lab }),
      ...(q.state === undefined ? {} : { state: q.state }),
      ...(cohortIds === undefined ? {} : { cohortIds }),
      ...(q.cursor === undefined ? {} : { cursor: q.cursor }),
    });
    const items = rows
      .slice(0, q.limit)
      .map((row) => this.view(this.d.living.entries.get(row.id)?.row ?? row));
    return { items, nextCursor: rows.length > q.limit ? (items.at(-1)?.id ?? null) : null };
  }

  /** Answers as soon as it is written; deletion follows. Releasing twice is releasing once. */
  async release(principal: Principal, id: string): Promise<SandboxView> {
    const row = await this.get(principal, id);
    const entry = this.d.living.entries.get(id);
    if (!entry || isFinal(row.state)) return this.view(row);
    await this.letGo(entry);
    return this.view(entry.row);
  }

  private async letGo(entry: Entry): Promise<void> {
    if (entry.row.intent === 'run') {
      await entry.change((r) => {
        r.intent = 'release';
        return [];
      });
    }
    entry.cancel.abort();
    this.d.advance.kick(entry);
  }

  /** `byMs` in place of what the lab gives. */
  async extend(principal: Principal, id: string, byMs?: number): Promise<SandboxView> {
    const entry = await this.entry(principal, id);
    const { tenantId, labVersionId, cohortId } = claimed(entry.row);
    this.d.cohorts.assertOpen(cohortId);
    const closesAt = this.d.cohorts.closesAt(cohortId) ?? Infinity;
    const lab = await this.d.labs.byVersion(tenantId, labVersionId);
    this.d.living.touch(id);
    const row = await entry.change((r) => {
      if (r.state !== 'ready' || !r.expiresAt || !r.readyAt) {
        throw new AppError('sandbox_not_ready', 'Only a ready sandbox can be extended.');
      }
      const cap = Math.min(r.readyAt.getTime() + this.d.maxTtlMs, closesAt);
      const until = Math.min(r.expiresAt.getTime() + (byMs ?? lab.extendByMs), cap);
      if (until <= r.expiresAt.getTime()) {
        throw new AppError(
          'extend_limit',
          `This sandbox ends at ${r.expiresAt.toISOString()} at the latest.`,
        );
      }
      r.expiresAt = new Date(until);
      r.extensions += 1;
      return [{ type: 'sandbox.extended', payload: { expiresAt: r.expiresAt, extensions: r.extensions } }];
    });
    return this.view(row);
  }

  /** A fresh sandbox of the same lab version that replaces this one and keeps its end; what is drawn, is drawn anew. */
  async reset(principal: Principal, id: string, waitMs: number): Promise<SandboxView> {
    const old = await this.entry(principal, id);
    const { tenantId, userId, labVersionId, expiresAt, cohortId, draw } = claimed(old.row);
    this.d.cohorts.assertOpen(cohortId);
    const lab = await this.d.labs.byVersion(tenantId, labVersionId);
    await this.letGo(old);
    await old.until((row) => !LIVING.includes(row.state), 30_000);
    const { entry } = await this.d.allocate.run({
      tenantId,
      userId,
      lab,
      ...(cohortId === null ? {} : { cohort: { id: cohortId } }),
      individualise: draw !== null,
      replaces: { id, expiresAt },
    });
    await entry.until((row) => row.state !== 'provisioning' && row.state !== 'queued', waitMs);
    return this.view(entry.row);
  }

  /** The learner asks for help, or either side says that it came. Twice is once. */
  async raiseHand(principal: Principal, id: string, raised: boolean): Promise<SandboxView> {
    const entry = await this.entry(principal, id);
    const row = await entry.change((r) => {
      if ((r.handRaisedAt !== null) === raised) return [];
      r.handRaisedAt = raised ? new Date(this.d.clock.now()) : null;
      return [{ type: 'sandbox.hand', payload: { raised, by: principal.kind } }];
    });
    return this.view(row);
  }

  /** An end that is earlier than before, such as that of a cohort which closes. */
  async endBy(entry: Entry, at: Date): Promise<void> {
    await entry.change((r) => {
      if (!r.expiresAt || r.expiresAt <= at) return [];
      r.expiresAt = at;
      return [{ type: 'sandbox.shortened', payload: { expiresAt: at } }];
    });
  }

  /** As `release`, by the service itself and with the reason that the learner reads. */
  async endNow(entry: Entry, detail: string): Promise<void> {
    if (entry.row.intent !== 'run') return;
    await entry.change((r) => {
      r.failureCode ??= 'sandbox_expired';
      r.failureDetail ??= detail;
      r.intent = 'release';
      return [];
    });
    entry.cancel.abort();
    this.d.advance.kick(entry);
  }

  /** Parameters of the run for the learner's shell. */
  async shellEnv({ tenantId, labVersionId, draw }: LiveSandbox): Promise<Record<string, string>> {
    return (await this.d.labs.byVersion(tenantId, labVersionId)).shellEnv(draw);
  }

  steps(row: SandboxRow) {
    return this.d.repository.steps(row.id);
  }

  view(any: SandboxRow): SandboxView {
    const row = claimed(any);
    const { fidelity } = this.d.clusters;
    return {
      id: row.id,
      lab: row.labSlug,
      labVersionId: row.labVersionId,
      userId: row.userId,
      state: row.state,
      tier: row.tier,
      attempt: row.attempt,
      requires: row.requires,
      cluster: row.cluster && { nodes: row.cluster.nodes, fidelity, phase: row.clusterPhase ?? 'running' },
      createdAt: row.createdAt.toISOString(),
      readyAt: row.readyAt?.toISOString() ?? null,
      expiresAt: row.expiresAt?.toISOString() ?? null,
      endedAt: row.endedAt?.toISOString() ?? null,
      extensions: row.extensions,
      individualised: row.draw !== null,
      replacesId: row.replacesId,
      cohortId: row.cohortId,
      handRaisedAt: row.handRaisedAt?.toISOString() ?? null,
      failure: row.failureCode === null ? null : { code: row.failureCode, detail: row.failureDetail ?? '' },
      queue: this.queueOf(row),
    };
  }

  private queueOf(row: SandboxRow): SandboxView['queue'] {
    const entry = this.d.living.entries.get(row.id);
    if (row.state !== 'queued' || !entry) return null;
    return this.d.forecast.placeOf(entry) ?? { position: 1, etaSeconds: null, reason: 'order' };
  }
}

function claimed(row: SandboxRow): ClaimedRow {
  if (isClaimed(row)) return row;
  throw new Error(`sandbox ${row.id} has no learner`);
}
