import type { PrismaService } from '../database/prisma.service.js';

export interface TenantLimits {
  maxSandboxes: number | null;
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
    const limits = { maxSandboxes: row?.maxSandboxes ?? null, suspended: !row || row.suspendedAt !== null };
    this.cache.set(tenantId, { limits, until: performance.now() + CACHE_MS });
    return limits;
  }
}
