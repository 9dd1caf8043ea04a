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
  createdAt: Date;
}

interface Mention {
  tenantId: string;
  externalId: string;
}

/** Ids never change, so they may be remembered. */
const MAX_CACHED = 10_000;

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

  put(tenantId: string, externalId: string, o: { displayName?: string; locale?: string }): Promise<UserRow> {
    const { displayName = externalId, locale = 'fr' } = o;
    return this.prisma.client.user.upsert({
      where: { tenantId_externalId: { tenantId, externalId } },
      create: { tenantId, id: newId('usr'), externalId, displayName, locale },
      update: o,
    });
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
