import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { assertScope } from '../auth/access.js';
import { CurrentPrincipal, type Principal } from '../auth/current-principal.js';
import { pageOf, pageQuery } from '../http/page.js';
import { AuditRepository } from './audit.repository.js';

const querySchema = pageQuery.extend({
  cursor: z
    .string()
    .regex(/^\d{1,18}$/, 'use nextCursor of the page before')
    .optional(),
  subject: z.string().max(128).optional(),
  action: z.string().max(64).optional(),
});

const auditSchema = z
  .object({
    id: z.string(),
    actor: z.string(),
    action: z.string(),
    subject: z.string(),
    ip: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
    at: z.iso.datetime(),
  })
  .meta({ id: 'AuditEvent' });
const auditPage = pageOf(auditSchema).meta({ id: 'AuditPage' });

@ApiTags('audit')
@ApiBearerAuth()
@Controller('v1/audit')
export class AuditController {
  constructor(private readonly repository: AuditRepository) {}

  /** Who did what, newest first. */
  @Get()
  @ApiResponse({ status: 200, standardSchema: auditPage })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: querySchema }) query: z.infer<typeof querySchema>,
  ): Promise<z.infer<typeof auditPage>> {
    assertScope(principal, 'audit:read');
    const rows = await this.repository.page({ tenantId: principal.tenantId, ...query });
    const items = rows.slice(0, query.limit).map((row) => ({
      id: String(row.id),
      actor: row.actor,
      action: row.action,
      subject: row.subject,
      ip: row.ip,
      detail: row.detail as Record<string, unknown>,
      at: row.at.toISOString(),
    }));
    return { items, nextCursor: rows.length > query.limit ? (items.at(-1)?.id ?? null) : null };
  }
}
