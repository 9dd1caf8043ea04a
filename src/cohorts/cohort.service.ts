import type { z } from 'zod';
import type { AuditAction, AuditLog } from '../audit/audit-log.js';
import type { Authenticator } from '../auth/authenticator.js';
import type { Principal } from '../auth/principal.js';
import { AppError } from '../common/errors/app-error.js';
import type { Bus } from '../events/bus.js';
import type { LabCatalogue } from '../sandbox/lab-catalogue.js';
import { LIVING } from '../sandbox/sandbox.machine.js';
import type { SandboxRuntime } from '../sandbox/sandbox.runtime.js';
import type { Cohort } from './cohort.js';
import type { CohortBook } from './cohort-book.js';
import type { CohortFields } from './cohort.repository.js';
import type { createCohortSchema, patchCohortSchema, putMembersSchema } from './cohort.schema.js';
import type { MemberRepository, PutOutcome } from './member.repository.js';

interface Deps {
  book: CohortBook;
  members: MemberRepository;
  labs: LabCatalogue;
  sandboxes: SandboxRuntime;
  authenticator: Authenticator;
  audit: AuditLog;
  bus: Bus;
}

type Times = { opensAt?: string | null | undefined; closesAt?: string | null | undefined };

/** What platforms may do with cohorts. */
export class CohortService {
  constructor(private readonly d: Deps) {}

  async create(principal: Principal, wish: z.infer<typeof createCohortSchema>): Promise<Cohort> {
    const fields = { ...wish, ...timesOf(wish) } as CohortFields;
    assertTimes(fields);
    await this.assertLabs(principal.tenantId, fields);
    const made = await this.d.book.create(principal.tenantId, fields);
    if (!made) throw taken(wish.slug);
    this.audit(principal, 'cohort.created', made);
    return made;
  }

  async change(
    principal: Principal,
    cohort: Cohort,
    wish: z.infer<typeof patchCohortSchema>,
  ): Promise<Cohort> {
    const fields = { ...wish, ...timesOf(wish) } as Partial<CohortFields>;
    const whole = { ...cohort, ...fields };
    assertTimes(whole);
    if (fields.prewarm) await this.assertLabs(principal.tenantId, whole);
    const other = fields.slug === undefined ? undefined : this.d.book.find(cohort.tenantId, fields.slug);
    if (other && other.id !== cohort.id) throw taken(fields.slug!);
    const changed = await this.d.book.update(cohort, fields);
    const { closesAt } = changed;
    if (closesAt)
      await Promise.all(
        this.livingOf(cohort).map((entry) => this.d.sandboxes.service.endBy(entry, closesAt)),
      );
    this.audit(principal, 'cohort.changed', changed);
    return changed;
  }

  /** Refused while somebody works in it. */
  async delete(principal: Principal, cohort: Cohort): Promise<void> {
    const living = this.livingOf(cohort).length;
    if (living > 0) {
      const detail = `The cohort has ${living} living sandboxes. Release them first: POST /v1/cohorts/${cohort.slug}/actions.`;
      throw new AppError('conflict', detail);
    }
    await this.d.book.delete(cohort);
    // Whoever slipped in meanwhile is in no cohort now, in the database as well.
    for (const { row } of this.d.sandboxes.living.entries.values())
      if (row.cohortId === cohort.id) row.cohortId = null;
    this.d.authenticator.forgetTaught();
    this.audit(principal, 'cohort.deleted', cohort);
  }

  async putMembers(
    principal: Principal,
    cohort: Cohort,
    { members, replace }: z.infer<typeof putMembersSchema>,
  ): Promise<Omit<PutOutcome, 'dismissed'>> {
    await this.assertKnown(cohort, members);
    const { dismissed, ...outcome } = await this.d.members.put(cohort, members, replace);
    this.changed(cohort, dismissed);
    this.audit(principal, 'cohort.members', cohort, { ...outcome });
    return outcome;
  }

  async removeMember(principal: Principal, cohort: Cohort, user: string): Promise<void> {
    const gone = await this.d.members.remove(cohort, user);
    if (!gone) throw new AppError('not_found', `The cohort has no member "${user}".`);
    this.changed(cohort, gone.role === 'instructor' ? [gone.userId] : []);
    this.audit(principal, 'cohort.members', cohort, { removed: 1, user: gone.userId });
  }

  /** What a dismissed instructor has open is closed; what they may still see they open again. */
  private changed({ id, tenantId }: Cohort, dismissed: readonly string[]): void {
    this.d.authenticator.forgetTaught();
    this.d.bus.emit('cohort.members', { cohortId: id });
    for (const subject of dismissed) this.d.bus.emit('credential.revoked', { tenantId, subject });
  }

  private livingOf(cohort: Cohort) {
    return [...this.d.sandboxes.living.entries.values()].filter(
      ({ row }) => row.cohortId === cohort.id && row.intent === 'run' && LIVING.includes(row.state),
    );
  }

  private async assertKnown(cohort: Cohort, members: z.infer<typeof putMembersSchema>['members']) {
    const ids = members.flatMap(({ userId }) => userId ?? []);
    const known = await this.d.members.known(cohort.tenantId, ids);
    const errors = members.flatMap(({ userId }, i) =>
      userId === undefined || known.has(userId)
        ? []
        : [{ path: `members[${i}].userId`, message: `there is no user "${userId}"` }],
    );
    if (errors[0]) {
      const detail = `${errors[0].path}: ${errors[0].message}. Nothing was changed.`;
      throw new AppError('validation_failed', detail, { errors: errors.slice(0, 50) });
    }
  }

  /** Only clusters take long enough to be made in advance. */
  private async assertLabs(tenantId: string, { prewarm }: Pick<CohortFields, 'prewarm'>): Promise<void> {
    for (const [i, { lab }] of prewarm.entries()) {
      const path = `prewarm[${i}].lab`;
      const found = await this.d.labs.resolve(tenantId, lab).catch((error: unknown) => {
        if (!(error instanceof AppError)) throw error;
        throw new AppError('validation_failed', `${path}: ${error.detail}`, { cause: error });
      });
      if (!found.cluster)
        throw new AppError(
          'validation_failed',
          `${path}: "${lab}" has no cluster; its sandboxes need no warming.`,
        );
    }
  }

  private audit(
    principal: Principal,
    action: AuditAction,
    cohort: Cohort,
    detail: Record<string, string | number> = {},
  ): void {
    const { tenantId, subject } = principal;
    this.d.audit.record({
      tenantId,
      actor: subject,
      action,
      subject: cohort.id,
      detail: { slug: cohort.slug, ...detail },
    });
  }
}

function timesOf(wish: Times) {
  const date = (text: string | null) => (text === null ? null : new Date(text));
  return {
    ...(wish.opensAt === undefined ? {} : { opensAt: date(wish.opensAt) }),
    ...(wish.closesAt === undefined ? {} : { closesAt: date(wish.closesAt) }),
  };
}

function assertTimes({ opensAt, closesAt }: Pick<CohortFields, 'opensAt' | 'closesAt'>): void {
  if (opensAt && closesAt && opensAt >= closesAt)
    throw new AppError('validation_failed', 'closesAt: must be after opensAt.');
}

const taken = (slug: string): AppError =>
  new AppError(
    'conflict',
    `slug: there is a cohort "${slug}" already. Choose another name, or PATCH that one.`,
  );
