import type { Principal } from '../auth/principal.js';
import type { Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { CohortRules, type CohortTerms } from '../sandbox/cohort-rules.js';
import type { PoolRule } from '../sandbox/pool/pool-config.js';
import { type Cohort, phaseOf } from './cohort.js';
import type { CohortFields, CohortRepository } from './cohort.repository.js';
import type { MemberRepository } from './member.repository.js';

export function noCohort(ref: string): AppError {
  return new AppError('not_found', `There is no cohort "${ref}". GET /v1/cohorts lists them.`);
}

/** All cohorts, in memory: an allocation asks for one, and a tick of the clocks for every sandbox. */
export class CohortBook extends CohortRules {
  private readonly cohorts = new Map<string, Cohort>();

  constructor(
    private readonly repository: CohortRepository,
    private readonly members: MemberRepository,
    private readonly clock: Clock,
  ) {
    super();
  }

  async load(): Promise<void> {
    for (const cohort of await this.repository.all()) this.cohorts.set(cohort.id, cohort);
  }

  all(): Cohort[] {
    return [...this.cohorts.values()];
  }

  /** By id or name. */
  find(tenantId: string, ref: string): Cohort | undefined {
    const byId = this.cohorts.get(ref);
    if (byId?.tenantId === tenantId) return byId;
    return this.all().find((cohort) => cohort.tenantId === tenantId && cohort.slug === ref);
  }

  /** Undefined when there is one of this name. */
  async create(tenantId: string, fields: CohortFields): Promise<Cohort | undefined> {
    const made = await this.repository.create(tenantId, fields);
    if (made) this.cohorts.set(made.id, made);
    return made;
  }

  async update(cohort: Cohort, fields: Partial<CohortFields>): Promise<Cohort> {
    const changed = await this.repository.update(cohort.id, fields);
    this.cohorts.set(changed.id, changed);
    return changed;
  }

  async delete(cohort: Cohort): Promise<void> {
    await this.repository.delete(cohort.id);
    this.cohorts.delete(cohort.id);
  }

  override async admit(
    principal: Principal,
    o: { userId: string; cohort: string | undefined },
  ): Promise<CohortTerms | undefined> {
    const bound = principal.cohortId;
    const ref = o.cohort ?? bound;
    if (ref === undefined) return undefined;
    const cohort = this.find(principal.tenantId, ref);
    if (!cohort) throw noCohort(ref);
    if (bound !== undefined && cohort.id !== bound)
      throw new AppError('forbidden', 'cohort: this token is bound to another one. Leave the field out.');
    await this.assertLearner(cohort, o.userId, principal.kind === 'learner' ? noCohort(ref) : undefined);
    this.assertOpen(cohort.id);
    const { id, individualise, maxSandboxes, maxSandboxesPerUser } = cohort;
    return { id, individualise, maxSandboxes, maxSandboxesPerUser };
  }

  override async joined(tenantId: string, userId: string, ref: string): Promise<string> {
    const cohort = this.find(tenantId, ref);
    if (!cohort) throw noCohort(ref);
    await this.assertLearner(cohort, userId);
    return cohort.id;
  }

  override assertOpen(cohortId: string | null): void {
    const cohort = cohortId === null ? undefined : this.cohorts.get(cohortId);
    if (!cohort) return;
    const now = this.clock.now();
    const phase = phaseOf(cohort, now);
    if (phase === 'closed') {
      const since = cohort.closesAt!.toISOString();
      throw new AppError('cohort_closed', `The cohort "${cohort.slug}" has closed at ${since}.`);
    }
    if (phase === 'scheduled') {
      const from = cohort.opensAt!;
      throw new AppError('cohort_not_open', `The cohort "${cohort.slug}" opens at ${from.toISOString()}.`, {
        retryAfter: Math.ceil((from.getTime() - now) / 1000),
      });
    }
  }

  override closesAt(cohortId: string | null): number | undefined {
    return cohortId === null ? undefined : this.cohorts.get(cohortId)?.closesAt?.getTime();
  }

  override prewarm(tenantId: string): PoolRule[] {
    return this.all()
      .filter((cohort) => cohort.tenantId === tenantId)
      .flatMap((cohort) =>
        cohort.prewarm.map(({ lab, count, at }) => ({ key: lab, count, once: new Date(at) })),
      );
  }

  /** A learner is not told of cohorts of others: `hidden` is what they are told instead. */
  private async assertLearner(cohort: Cohort, userId: string, hidden?: AppError): Promise<void> {
    const member = await this.members.find(cohort.id, userId);
    if (member?.role === 'learner') return;
    const detail = `The user is no learner of the cohort "${cohort.slug}". PUT /v1/cohorts/${cohort.slug}/members adds one.`;
    throw hidden ?? new AppError('forbidden', detail);
  }
}
