import type { PrismaService } from '../database/prisma.service.js';
import { newId, newSecret } from '../common/ids.js';
import { sha256 } from './secrets.js';

export interface ApiKeyView {
  id: string;
  name: string;
  scopes: string[];
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

const view = {
  id: true,
  name: true,
  scopes: true,
  createdAt: true,
  expiresAt: true,
  revokedAt: true,
} as const;

/** API keys: `whk_` and 256 random bits, stored as SHA-256, shown once. */
export class AuthRepository {
  constructor(private readonly prisma: PrismaService) {}

  async createKey(o: { tenantId: string; name: string; scopes: string[]; expiresAt?: Date; key?: string }) {
    const key = o.key ?? `whk_${newSecret()}`;
    const row = await this.prisma.client.apiKey.create({
      data: {
        tenantId: o.tenantId,
        id: newId('key'),
        name: o.name,
        hash: sha256(key),
        scopes: o.scopes,
        expiresAt: o.expiresAt ?? null,
      },
      select: view,
    });
    return { key, ...row };
  }

  findByKey(key: string) {
    return this.prisma.client.apiKey.findUnique({ where: { hash: sha256(key) } });
  }

  /** Ids of the cohorts of which the user is an instructor. */
  async taughtBy(tenantId: string, userId: string): Promise<string[]> {
    const rows = await this.prisma.client.membership.findMany({
      where: { tenantId, userId, role: 'instructor' },
      select: { cohortId: true },
    });
    return rows.map((row) => row.cohortId);
  }

  list(tenantId: string): Promise<ApiKeyView[]> {
    return this.prisma.client.apiKey.findMany({
      where: { tenantId },
      select: view,
      orderBy: { createdAt: 'asc' },
    });
  }

  /** False when the tenant has no such key. */
  async revoke(tenantId: string, id: string): Promise<string | undefined> {
    const row = await this.prisma.client.apiKey.findFirst({ where: { tenantId, id } });
    if (!row) return undefined;
    await this.prisma.client.apiKey.update({
      where: { id },
      data: { revokedAt: row.revokedAt ?? new Date() },
    });
    return row.hash;
  }

  async ensureTenant(slug: string): Promise<string> {
    const row = await this.prisma.client.tenant.upsert({
      where: { slug },
      create: { id: newId('ten'), slug },
      update: {},
    });
    return row.id;
  }
}
