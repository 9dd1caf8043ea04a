import type { PrismaService } from '../database/prisma.service.js';

export interface FeedEvent {
  /** `<xid>-<id>`, the cursor to resume after. */
  cursor: string;
  type: string;
  sandboxId: string | null;
  userId: string | null;
  cohortId: string | null;
  payload: unknown;
  at: string;
}

export interface FeedFilter {
  tenantId: string;
  userId?: string;
  sandboxId?: string;
  /** Only events of these cohorts. */
  cohortIds?: string[];
  /** Names of events and `group.*`; all where it is missing. */
  types?: string[];
}

interface Row {
  xid: string;
  id: string;
  type: string;
  sandboxId: string | null;
  userId: string | null;
  cohortId: string | null;
  payload: unknown;
  at: Date;
}

export function parseCursor(text: string): { xid: string; id: string } | undefined {
  const found = /^(\d{1,20})-(\d{1,19})$/.exec(text);
  return found ? { xid: found[1]!, id: found[2]! } : undefined;
}

/**
 * Reads the feed in commit-safe order: by (xid, id), below the oldest transaction still open, so that a cursor never
 * passes a row that commits later.
 */
export class Feed {
  constructor(private readonly prisma: PrismaService) {}

  // In ORDER BY a bare name means the column of the answer, which is text here: 1000 would come before 999.

  /** Cursor of now: nothing written before it is read after it. */
  async head(): Promise<string> {
    const { rows } = await this.prisma.pool.query<{ xid: string; id: string }>(
      `SELECT xid::text, id::text FROM "Event" WHERE xid < pg_snapshot_xmin(pg_current_snapshot())
       ORDER BY "Event".xid DESC, "Event".id DESC LIMIT 1`,
    );
    return rows[0] ? `${rows[0].xid}-${rows[0].id}` : '0-0';
  }

  async after(cursor: string, filter: FeedFilter, limit = 200): Promise<FeedEvent[]> {
    const from = parseCursor(cursor) ?? { xid: '0', id: '0' };
    const { rows } = await this.prisma.pool.query<Row>(
      `SELECT xid::text, id::text, type, "sandboxId", "userId", "cohortId", payload, at FROM "Event"
       WHERE (xid, id) > ($1::xid8, $2::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
         AND "tenantId" = $3 AND ($4::text IS NULL OR "userId" = $4) AND ($5::text IS NULL OR "sandboxId" = $5)
         AND ($6::text[] IS NULL OR "cohortId" = ANY ($6))
         AND ($8::text[] IS NULL OR type = ANY ($8) OR split_part(type, '.', 1) || '.*' = ANY ($8))
       ORDER BY "Event".xid, "Event".id LIMIT $7`,
      [
        from.xid,
        from.id,
        filter.tenantId,
        filter.userId ?? null,
        filter.sandboxId ?? null,
        filter.cohortIds ?? null,
        limit,
        filter.types ?? null,
      ],
    );
    return rows.map((row) => ({
      cursor: `${row.xid}-${row.id}`,
      type: row.type,
      sandboxId: row.sandboxId,
      userId: row.userId,
      cohortId: row.cohortId,
      payload: row.payload,
      at: row.at.toISOString(),
    }));
  }

  /** Whether the feed still reaches back to this cursor. */
  async knows(cursor: string): Promise<boolean> {
    const from = parseCursor(cursor);
    if (!from) return false;
    if (from.id === '0') return true;
    const { rowCount } = await this.prisma.pool.query(
      'SELECT 1 FROM "Event" WHERE id = $1::bigint AND xid = $2::xid8',
      [from.id, from.xid],
    );
    return rowCount === 1;
  }

  /** Forgets what is older than 7 days, beyond what any cursor may ask for. */
  async prune(): Promise<void> {
    await this.prisma.pool.query(`DELETE FROM "Event" WHERE at < now() - interval '7 days'`);
  }
}
