import pg from 'pg';
import { EmbeddedPostgres } from '../src/database/embedded-postgres.js';
import { silentLogger } from '../src/common/logger.js';

export interface Seat {
  sandboxId: string;
  userId: string;
}

export interface BoardClass {
  tenantId: string;
  cohortId: string;
  seats: Seat[];
}

const idOf = (n: number): string => `sb_${String(n).padStart(10, '0')}`;

/**
 * A class whose sandboxes are rows alone: what a board costs does not depend on what runs on the machine, and 500 lab
 * hosts would. All of them are ready and have begun.
 */
export async function seatClass(o: {
  stateDir: string;
  cohort: string;
  lab: string;
  objectives: string[];
}): Promise<BoardClass> {
  const client = new pg.Client({ connectionString: new EmbeddedPostgres(o.stateDir, silentLogger).url() });
  await client.connect();
  try {
    const { rows: members } = await client.query<{ tenantId: string; cohortId: string; userId: string }>(
      `SELECT m."tenantId", m."cohortId", m."userId" FROM "Membership" m JOIN "Cohort" c ON c.id = m."cohortId"
       WHERE c.slug = $1 AND m.role = 'learner' ORDER BY m."userId"`,
      [o.cohort],
    );
    const seats = members.map(({ userId }, i) => ({ userId, sandboxId: idOf(i) }));
    await client.query(
      `INSERT INTO "Sandbox" ("tenantId", id, "userId", "labId", "labSlug", "labVersionId", state, cost, seed, requires,
         "cohortId", "readyAt", "expiresAt", "lastActivityAt")
       SELECT $1, s."sandboxId", s."userId", l.id, l.slug, l."currentVersionId", 'ready', '{}', 'bench', '{}', $2,
         now() - interval '20 minutes', now() + interval '1 hour', now()
       FROM jsonb_to_recordset($3::jsonb) AS s("sandboxId" text, "userId" text), "Lab" l
       WHERE l."tenantId" = $1 AND l.slug = $4`,
      [members[0]!.tenantId, members[0]!.cohortId, JSON.stringify(seats), o.lab],
    );
    await client.query(
      `INSERT INTO "ObjectiveState" ("tenantId", "sandboxId", "objectiveId", state, since, "unblockedAt")
       SELECT $1, s.id, o, 'pending', now() - interval '10 minutes', now() - interval '10 minutes'
       FROM "Sandbox" s, unnest($2::text[]) o WHERE s."cohortId" = $3`,
      [members[0]!.tenantId, o.objectives, members[0]!.cohortId],
    );
    return { tenantId: members[0]!.tenantId, cohortId: members[0]!.cohortId, seats };
  } finally {
    await client.end();
  }
}
