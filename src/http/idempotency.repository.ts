import type { PrismaService } from '../database/prisma.service.js';
import type { Prisma } from '../database/generated/client.js';

export type Claim =
  | { kind: 'ours' }
  | { kind: 'replay'; status: number; response: unknown }
  | { kind: 'mismatch' }
  | { kind: 'in_flight' };

const KEPT_MS = 24 * 3_600_000;
/** A request that has not ended after this long died with its process. */
const STALE_MS = 120_000;

export class IdempotencyRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Takes the key for this request, or says what stands in the way. One statement decides. */
  async claim(tenantId: string, key: string, requestHash: string): Promise<Claim> {
    const now = Date.now();
    const taken = await this.prisma.pool.query(
      `INSERT INTO "IdempotencyKey" ("tenantId", "key", "requestHash", "expiresAt") VALUES ($1, $2, $3, $4)
       ON CONFLICT ("tenantId", "key") DO UPDATE SET "requestHash" = $3, "createdAt" = now(), "expiresAt" = $4,
         "status" = NULL, "response" = NULL
       WHERE "IdempotencyKey"."expiresAt" < now()
          OR ("IdempotencyKey"."status" IS NULL AND "IdempotencyKey"."createdAt" < $5)`,
      [tenantId, key, requestHash, new Date(now + KEPT_MS), new Date(now - STALE_MS)],
    );
    if (taken.rowCount === 1) return { kind: 'ours' };
    const row = await this.prisma.client.idempotencyKey.findUnique({
      where: { tenantId_key: { tenantId, key } },
    });
    if (!row || row.status === null)
      return { kind: row && row.requestHash !== requestHash ? 'mismatch' : 'in_flight' };
    if (row.requestHash !== requestHash) return { kind: 'mismatch' };
    return { kind: 'replay', status: row.status, response: row.response };
  }

  async complete(
    tenantId: string,
    key: string,
    answer: { status: number; response: unknown },
  ): Promise<void> {
    await this.prisma.client.idempotencyKey.update({
      where: { tenantId_key: { tenantId, key } },
      data: { status: answer.status, response: (answer.response ?? null) as Prisma.InputJsonValue },
    });
  }

  /** The request failed: the key may be used again. */
  async abandon(tenantId: string, key: string): Promise<void> {
    await this.prisma.client.idempotencyKey.deleteMany({ where: { tenantId, key, status: null } });
  }

  async prune(): Promise<void> {
    await this.prisma.client.idempotencyKey.deleteMany({ where: { expiresAt: { lt: new Date() } } });
  }
}
