import type pg from 'pg';
import { AppError } from '../common/errors/app-error.js';
import { newId } from '../common/ids.js';
import type { PrismaService } from '../database/prisma.service.js';
import { type Cohort, MAX_MEMBERS, type Member, type MemberRole } from './cohort.js';

/** Whom a platform puts into a cohort: by its own id of the user, or by ours. */
export interface MemberWish {
  user?: string | undefined;
  userId?: string | undefined;
  displayName?: string | undefined;
  role: MemberRole;
  group: string | null;
}

export interface PutOutcome {
  added: number;
  updated: number;
  removed: number;
  /** Who was an instructor and is none any more. */
  dismissed: string[];
}

const MEMBER = `m."userId", u."externalId", u."displayName", m.role, m."group"`;

/** Users who are named for the first time are made; what is said of known ones beside their name is left alone. */
const USERS = `WITH asked AS (
  SELECT * FROM jsonb_to_recordset($2::jsonb) AS r("externalId" text, id text, name text)
)
INSERT INTO "User" ("tenantId", id, "externalId", "displayName")
SELECT $1, id, "externalId", coalesce(name, "externalId") FROM asked
ON CONFLICT ("tenantId", "externalId") DO UPDATE
  SET "displayName" = CASE WHEN EXCLUDED."displayName" = EXCLUDED."externalId" THEN "User"."displayName"
    ELSE EXCLUDED."displayName" END
RETURNING id, "externalId"`;

const MEMBERS = `INSERT INTO "Membership" ("tenantId", "cohortId", "userId", role, "group")
SELECT $1, $2, r."userId", r.role, r."group"
FROM jsonb_to_recordset($3::jsonb) AS r("userId" text, role text, "group" text)
ON CONFLICT ("cohortId", "userId") DO UPDATE SET role = EXCLUDED.role, "group" = EXCLUDED."group"
RETURNING (xmax = 0) AS added`;

async function instructors(client: pg.PoolClient, cohortId: string): Promise<string[]> {
  const { rows } = await client.query<{ userId: string }>(
    `SELECT "userId" FROM "Membership" WHERE "cohortId" = $1 AND role = 'instructor'`,
    [cohortId],
  );
  return rows.map(({ userId }) => userId);
}

async function assertSize(client: pg.PoolClient, cohortId: string): Promise<void> {
  const { rows } = await client.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM "Membership" WHERE "cohortId" = $1',
    [cohortId],
  );
  const n = rows[0]?.n ?? 0;
  if (n <= MAX_MEMBERS) return;
  const detail = `members: the cohort would have ${n}; it may have ${MAX_MEMBERS}. Nothing was changed.`;
  throw new AppError('validation_failed', detail);
}

export class MemberRepository {
  constructor(private readonly prisma: PrismaService) {}

  async find(cohortId: string, userId: string): Promise<{ role: MemberRole } | undefined> {
    const where = { cohortId_userId: { cohortId, userId } };
    const row = await this.prisma.client.membership.findUnique({ where, select: { role: true } });
    return (row ?? undefined) as { role: MemberRole } | undefined;
  }

  /** In the order of their user ids; one more than `limit` where there is more. */
  async page(
    cohortId: string,
    o: { role?: string; group?: string; limit: number; cursor?: string },
  ): Promise<Member[]> {
    const { rows } = await this.prisma.pool.query<Member>(
      `SELECT ${MEMBER} FROM "Membership" m JOIN "User" u ON u.id = m."userId"
       WHERE m."cohortId" = $1 AND ($2::text IS NULL OR m.role = $2) AND ($3::text IS NULL OR m."group" = $3)
         AND ($4::text IS NULL OR m."userId" > $4)
       ORDER BY m."userId" LIMIT $5`,
      [cohortId, o.role ?? null, o.group ?? null, o.cursor ?? null, o.limit + 1],
    );
    return rows;
  }

  async learners(cohortId: string): Promise<Member[]> {
    const { rows } = await this.prisma.pool.query<Member>(
      `SELECT ${MEMBER} FROM "Membership" m JOIN "User" u ON u.id = m."userId"
       WHERE m."cohortId" = $1 AND m.role = 'learner' ORDER BY u."displayName", m."userId"`,
      [cohortId],
    );
    return rows;
  }

  /** Which of these ids are users of the tenant. */
  async known(tenantId: string, userIds: string[]): Promise<Set<string>> {
    const rows = await this.prisma.client.user.findMany({
      where: { tenantId, id: { in: userIds } },
      select: { id: true },
    });
    return new Set(rows.map((row) => row.id));
  }

  /** All or nothing. With `replace`, whoever is not named goes. */
  async put(cohort: Cohort, wishes: MemberWish[], replace: boolean): Promise<PutOutcome> {
    const { tenantId, id } = cohort;
    const client = await this.prisma.pool.connect();
    try {
      await client.query('BEGIN');
      const before = await instructors(client, id);
      const named = wishes.flatMap(({ user, displayName }) =>
        user === undefined ? [] : [{ externalId: user, id: newId('usr'), name: displayName ?? null }],
      );
      const { rows: users } = await client.query<{ id: string; externalId: string }>(USERS, [
        tenantId,
        JSON.stringify(named),
      ]);
      const ids = new Map(users.map((u) => [u.externalId, u.id]));
      // Somebody may be named by both ids; what is said last counts.
      const rows = new Map(
        wishes.map(({ user, userId, role, group }) => {
          const known = userId ?? ids.get(user ?? '')!;
          return [known, { userId: known, role, group }];
        }),
      );
      const written = await client.query<{ added: boolean }>(MEMBERS, [
        tenantId,
        id,
        JSON.stringify([...rows.values()]),
      ]);
      const added = written.rows.filter((row) => row.added).length;
      const gone = replace
        ? await client.query('DELETE FROM "Membership" WHERE "cohortId" = $1 AND NOT "userId" = ANY ($2)', [
            id,
            [...rows.keys()],
          ])
        : { rowCount: 0 };
      await assertSize(client, id);
      const after = new Set(await instructors(client, id));
      await client.query('COMMIT');
      const dismissed = before.filter((userId) => !after.has(userId));
      return { added, updated: written.rows.length - added, removed: gone.rowCount ?? 0, dismissed };
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }

  /** By our id of the user or the platform's own. Who it was; undefined when the cohort has no such member. */
  async remove(cohort: Cohort, user: string): Promise<{ userId: string; role: MemberRole } | undefined> {
    const { rows } = await this.prisma.pool.query<{ userId: string; role: MemberRole }>(
      `DELETE FROM "Membership" m USING "User" u
       WHERE m."cohortId" = $1 AND u.id = m."userId" AND (u.id = $2 OR u."externalId" = $2)
       RETURNING m."userId", m.role`,
      [cohort.id, user],
    );
    return rows[0];
  }
}
