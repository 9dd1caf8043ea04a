import { Batcher } from '../common/batcher.js';
import { AppError } from '../common/errors/app-error.js';
import { newId } from '../common/ids.js';
import type { PrismaService } from '../database/prisma.service.js';

export interface UserRow {
  tenantId: string;
  id: string;
  externalId: string;
  displayName: string;
  locale: string;
  role: string;
  /** Living sandboxes at once; null = as the tenant says. */
  maxSandboxes: number | null;
  createdAt: Date;
}

interface Mention {
  tenantId: string;
  externalId: string;
}

/** Ids never change, so they may be remembered. */
const MAX_CACHED = 10_000;
const LIMIT_MS = 5000;

const ENSURE = `WITH asked AS (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS r("tenantId" text, "externalId" text, id text)
), made AS (
  INSERT INTO "User" ("tenantId", id, "externalId", "displayName")
  SELECT DISTINCT ON ("tenantId", "externalId") "tenantId", id, "externalId", "externalId" FROM asked
  ON CONFLICT ("tenantId", "externalId") DO NOTHING
  RETURNING "tenantId", "externalId", id
)
SELECT * FROM made
UNION ALL
SELECT u."tenantId", u."externalId", u.id FROM "User" u JOIN asked USING ("tenantId", "externalId")`;

export class UserRepository {
  private readonly mentions: Batcher<Mention, string>;
  private readonly ids = new Map<string, string>();
  private readonly limits = new Map<string, { max: number | null; until: number }>();

  constructor(private readonly prisma: PrismaService) {
    this.mentions = new Batcher((mentions) => this.ensureAll(mentions));
  }

  /** The user's id; the user is made on first mention, also when two requests mention it at once. */
  async ensure(tenantId: string, externalId: string): Promise<string> {
    const key = `${tenantId} ${externalId}`;
    const known = this.ids.get(key);
    if (known !== undefined) return known;
    const id = await this.mentions.add({ tenantId, externalId });
    if (this.ids.size >= MAX_CACHED) this.ids.clear();
    this.ids.set(key, id);
    return id;
  }

  private async ensureAll(mentions: Mention[]): Promise<string[]> {
    const rows = mentions.map((m) => ({ ...m, id: newId('usr') }));
    const { rows: found } = await this.prisma.pool.query<Mention & { id: string }>({
      name: 'user-ensure',
      text: ENSURE,
      values: [JSON.stringify(rows)],
    });
    const ids = new Map(found.map((f) => [`${f.tenantId} ${f.externalId}`, f.id]));
    return mentions.map((m) => {
      const id = ids.get(`${m.tenantId} ${m.externalId}`);
      // A row that another transaction was just writing is invisible to this statement, and there for the next one.
      if (id === undefined)
        throw new AppError('conflict', 'The user is just being made. Try again.', { retryAfter: 1 });
      return id;
    });
  }

  async put(
    tenantId: string,
    externalId: string,
    o: { displayName?: string; locale?: string; maxSandboxes?: number | null },
  ): Promise<UserRow> {
    const { displayName = externalId, locale = 'fr', maxSandboxes = null } = o;
    const row = await this.prisma.client.user.upsert({
      where: { tenantId_externalId: { tenantId, externalId } },
      create: { tenantId, id: newId('usr'), externalId, displayName, locale, maxSandboxes },
      update: o,
    });
    if (o.maxSandboxes !== undefined) this.limits.delete(row.id);
    return row;
  }

  /** The user's own limit of living sandboxes, at most 5 s old. */
  async maxSandboxes(tenantId: string, id: string): Promise<number | null> {
    const known = this.limits.get(id);
    if (known && known.until > performance.now()) return known.max;
    const max = (await this.byId(tenantId, id))?.maxSandboxes ?? null;
    if (this.limits.size >= MAX_CACHED) this.limits.clear();
    this.limits.set(id, { max, until: performance.now() + LIMIT_MS });
    return max;
  }

  find(tenantId: string, externalId: string): Promise<UserRow | null> {
    return this.prisma.client.user.findUnique({ where: { tenantId_externalId: { tenantId, externalId } } });
  }

  byId(tenantId: string, id: string): Promise<UserRow | null> {
    return this.prisma.client.user.findUnique({ where: { tenantId_id: { tenantId, id } } });
  }

  page(tenantId: string, o: { limit: number; cursor?: string }): Promise<UserRow[]> {
    return this.prisma.client.user.findMany({
      where: { tenantId, ...(o.cursor === undefined ? {} : { id: { gt: o.cursor } }) },
      orderBy: { id: 'asc' },
      take: o.limit + 1,
    });
  }
}
