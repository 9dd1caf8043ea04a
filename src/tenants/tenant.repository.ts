import type { PrismaService } from '../database/prisma.service.js';

export interface TenantLimits {
  maxSandboxes: number | null;
  /** Of a user who has no limit of their own. */
  maxSandboxesPerUser: number | null;
  suspended: boolean;
}

const CACHE_MS = 5000;

export class TenantRepository {
  private readonly cache = new Map<string, { limits: TenantLimits; until: number }>();

  constructor(private readonly prisma: PrismaService) {}

  /** Limits of a tenant, at most 5 s old. */
  async limits(tenantId: string): Promise<TenantLimits> {
    const cached = this.cache.get(tenantId);
    if (cached && cached.until > performance.now()) return cached.limits;
    const row = await this.prisma.client.tenant.findUnique({ where: { id: tenantId } });
    const limits = {
      maxSandboxes: row?.maxSandboxes ?? null,
      maxSandboxesPerUser: row?.maxSandboxesPerUser ?? null,
      suspended: !row || row.suspendedAt !== null,
    };
    this.cache.set(tenantId, { limits, until: performance.now() + CACHE_MS });
    return limits;
  }

  /** Counts at once in this service. */
  async setLimits(
    tenantId: string,
    limits: { maxSandboxes?: number | null; maxSandboxesPerUser?: number | null },
  ): Promise<TenantLimits> {
    await this.prisma.client.tenant.update({ where: { id: tenantId }, data: limits });
    this.cache.delete(tenantId);
    return this.limits(tenantId);
  }
}
