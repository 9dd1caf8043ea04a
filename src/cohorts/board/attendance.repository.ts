import type { PrismaService } from '../../database/prisma.service.js';
import { ATTENDED } from './board.repository.js';

export class AttendanceRepository {
  constructor(private readonly prisma: PrismaService) {}

  async note(o: { sandboxId: string; attached: boolean; at: Date }): Promise<void> {
    await this.prisma.pool.query(
      `INSERT INTO "Event" ("tenantId", type, "sandboxId", "userId", "cohortId", payload, at)
       SELECT "tenantId", $2, id, "userId", "cohortId", jsonb_build_object('attached', $3::boolean), $4
       FROM "Sandbox" WHERE id = $1`,
      [o.sandboxId, ATTENDED, o.attached, o.at],
    );
  }

  /** Whoever was attached when the service before this one ended is not any more. */
  async endOpen(): Promise<void> {
    await this.prisma.pool.query(
      `INSERT INTO "Event" ("tenantId", type, "sandboxId", "userId", "cohortId", payload)
       SELECT s."tenantId", $1, s.id, s."userId", s."cohortId", '{"attached": false}'
       FROM "Sandbox" s, LATERAL (
         SELECT e.payload FROM "Event" e WHERE e."sandboxId" = s.id AND e.type = $1 ORDER BY e.id DESC LIMIT 1
       ) last
       WHERE s."cohortId" IS NOT NULL AND s."endedAt" IS NULL AND last.payload ->> 'attached' = 'true'`,
      [ATTENDED],
    );
  }
}
