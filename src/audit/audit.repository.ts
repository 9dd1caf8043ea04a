import type { PrismaService } from '../database/prisma.service.js';
import type { AuditRow } from './audit-log.js';

export interface AuditFilter {
  tenantId: string;
  subject?: string | undefined;
  action?: string | undefined;
  cursor?: string | undefined;
  limit: number;
}

export class AuditRepository {
  constructor(private readonly prisma: PrismaService) {}

  async insert(rows: AuditRow[]): Promise<void> {
    await this.prisma.pool.query(
      `INSERT INTO "AuditEvent" ("tenantId", actor, action, subject, ip, detail, at)
       SELECT "tenantId", actor, action, subject, ip, coalesce(detail, '{}'::jsonb), at FROM ROWS FROM (
         jsonb_to_recordset($1::jsonb) AS ("tenantId" text, actor text, action text, subject text, ip text, detail jsonb,
           at timestamptz)) WITH ORDINALITY AS r ORDER BY ordinality`,
      [JSON.stringify(rows)],
    );
  }

  /** Newest first; one more than `limit` where there is more. */
  page(filter: AuditFilter) {
    const { tenantId, subject, action, cursor, limit } = filter;
    return this.prisma.client.auditEvent.findMany({
      where: {
        tenantId,
        ...(subject === undefined ? {} : { subject }),
        ...(action === undefined ? {} : { action }),
        ...(cursor === undefined ? {} : { id: { lt: BigInt(cursor) } }),
      },
      orderBy: { id: 'desc' },
      take: limit + 1,
    });
  }
}
