import type { PrismaService } from '../database/prisma.service.js';
import type { Delivery, DeliveryStatus } from './webhook.js';

interface Row {
  n: string;
  xid: string;
  type: string;
  sandboxId: string | null;
  userId: string | null;
  cohortId: string | null;
  payload: unknown;
  at: Date;
  status: DeliveryStatus;
  attempts: number;
  since: Date;
  nextAt: Date;
  lastStatus: number | null;
  lastError: string | null;
  deliveredAt: Date | null;
}

const COLUMNS = `d."eventId"::text AS n, d.xid::text, e.type, e."sandboxId", e."userId", e."cohortId", e.payload, e.at,
  d.status, d.attempts, d.since, d."nextAt", d."lastStatus", d."lastError", d."deliveredAt"`;

/** What each endpoint has been sent and is still to be sent. Times are the service's, which a test can drive. */
export class DeliveryRepository {
  constructor(private readonly prisma: PrismaService) {}

  /**
   * Makes deliveries of the next events of the feed and moves the endpoint's cursor, in one statement. Below the oldest
   * open transaction, as every reader of the feed. Answers the lanes that have something new, and whether there is more.
   */
  async fanOut(endpointId: string, now: Date, limit = 500): Promise<{ lanes: string[]; more: boolean }> {
    const { rows } = await this.prisma.pool.query<{ lanes: string[] | null; read: number }>(
      `WITH w AS (
         SELECT "tenantId", types, split_part(cursor, '-', 1)::xid8 AS xid, split_part(cursor, '-', 2)::bigint AS id
         FROM "WebhookEndpoint" WHERE id = $1 AND "disabledAt" IS NULL FOR NO KEY UPDATE
       ), fresh AS (
         SELECT e.id, e.xid, e.type, e."sandboxId" FROM "Event" e, w
         WHERE (e.xid, e.id) > (w.xid, w.id) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
           AND e."tenantId" = w."tenantId"
         ORDER BY e.xid, e.id LIMIT $3
       ), made AS (
         INSERT INTO "WebhookDelivery" ("tenantId", "endpointId", "eventId", xid, lane, since, "nextAt")
         SELECT w."tenantId", $1, f.id, f.xid, coalesce(f."sandboxId", ''), $2, $2 FROM fresh f, w
         WHERE cardinality(w.types) = 0 OR f.type = ANY (w.types) OR split_part(f.type, '.', 1) || '.*' = ANY (w.types)
         ON CONFLICT DO NOTHING RETURNING lane
       ), moved AS (
         UPDATE "WebhookEndpoint" SET cursor = last.cursor
         FROM (SELECT xid || '-' || id AS cursor FROM fresh ORDER BY xid DESC, id DESC LIMIT 1) last
         WHERE "WebhookEndpoint".id = $1
       )
       SELECT (SELECT array_agg(DISTINCT lane) FROM made) AS lanes, (SELECT count(*) FROM fresh)::int AS read`,
      [endpointId, now, limit],
    );
    return { lanes: rows[0]?.lanes ?? [], more: rows[0]?.read === limit };
  }

  async pendingLanes(endpointId: string): Promise<string[]> {
    const { rows } = await this.prisma.pool.query<{ lane: string }>(
      `SELECT DISTINCT lane FROM "WebhookDelivery" WHERE "endpointId" = $1 AND status = 'pending'`,
      [endpointId],
    );
    return rows.map((row) => row.lane);
  }

  /** The oldest of the lane that is still to be delivered. */
  async head(endpointId: string, lane: string): Promise<Delivery | undefined> {
    const { rows } = await this.prisma.pool.query<Row>(
      `SELECT ${COLUMNS} FROM "WebhookDelivery" d JOIN "Event" e ON e.id = d."eventId"
       WHERE d."endpointId" = $1 AND d.lane = $2 AND d.status = 'pending' ORDER BY d.xid, d."eventId" LIMIT 1`,
      [endpointId, lane],
    );
    return rows[0] && toDelivery(rows[0]);
  }

  /** What came of a try. */
  async record(
    endpointId: string,
    n: number,
    o: {
      status: DeliveryStatus;
      nextAt: Date;
      lastStatus: number | null;
      lastError: string | null;
      now: Date;
    },
  ): Promise<void> {
    await this.prisma.pool.query(
      `UPDATE "WebhookDelivery" SET status = $3, attempts = attempts + 1, "nextAt" = $4, "lastStatus" = $5,
         "lastError" = $6, "deliveredAt" = CASE WHEN $3 = 'delivered' THEN $7::timestamptz END
       WHERE "endpointId" = $1 AND "eventId" = $2`,
      [endpointId, n, o.status, o.nextAt, o.lastStatus, o.lastError, o.now],
    );
  }

  /** What waits in these lanes is due now. */
  async hurry(endpointId: string, lanes: string[], now: Date): Promise<void> {
    await this.prisma.pool.query(
      `UPDATE "WebhookDelivery" SET "nextAt" = $3
       WHERE "endpointId" = $1 AND lane = ANY ($2) AND status = 'pending' AND "nextAt" > $3`,
      [endpointId, lanes, now],
    );
  }

  /** What waits has its 24 hours again, from now on. */
  async restart(endpointId: string, now: Date): Promise<void> {
    await this.prisma.pool.query(
      `UPDATE "WebhookDelivery" SET since = $2, "nextAt" = $2, attempts = 0
       WHERE "endpointId" = $1 AND status = 'pending'`,
      [endpointId, now],
    );
  }

  /** Sends it again, ahead of what is newer in its lane; undefined when there is no such delivery. */
  async again(endpointId: string, n: number, now: Date): Promise<{ lane: string } | undefined> {
    const { rows } = await this.prisma.pool.query<{ lane: string }>(
      `UPDATE "WebhookDelivery" SET status = 'pending', attempts = 0, since = $3, "nextAt" = $3, "deliveredAt" = NULL
       WHERE "endpointId" = $1 AND "eventId" = $2 RETURNING lane`,
      [endpointId, n, now],
    );
    return rows[0];
  }

  /** Newest first. */
  async page(
    endpointId: string,
    o: { limit: number; before?: number | undefined; status?: DeliveryStatus | undefined; n?: number },
  ): Promise<Delivery[]> {
    const { rows } = await this.prisma.pool.query<Row>(
      `SELECT ${COLUMNS} FROM "WebhookDelivery" d JOIN "Event" e ON e.id = d."eventId"
       WHERE d."endpointId" = $1 AND ($2::bigint IS NULL OR d."eventId" < $2) AND ($3::text IS NULL OR d.status = $3)
         AND ($4::bigint IS NULL OR d."eventId" = $4)
       ORDER BY d."eventId" DESC LIMIT $5`,
      [endpointId, o.before ?? null, o.status ?? null, o.n ?? null, o.limit],
    );
    return rows.map(toDelivery);
  }
}

function toDelivery(row: Row): Delivery {
  const { n, xid, type, sandboxId, userId, cohortId, payload, at, ...rest } = row;
  const event = { cursor: `${xid}-${n}`, type, sandboxId, userId, cohortId, payload, at: at.toISOString() };
  return { ...rest, n: Number(n), event };
}
