import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { Logger } from '../common/logger.js';
import { PrismaClient } from './generated/client.js';

/** One pool, seen twice: as Prisma's client, and plain for the few hot or locking statements. */
export class PrismaService {
  readonly pool: pg.Pool;
  readonly client: PrismaClient;

  constructor(url: string, logger: Logger) {
    this.pool = new pg.Pool({
      connectionString: url,
      max: 12,
      idleTimeoutMillis: 60_000,
      connectionTimeoutMillis: 5000,
    });
    // Without a listener an idle connection that the server ends would end the service.
    this.pool.on('error', (error) => logger.warn({ err: error }, 'an idle database connection ended'));
    this.client = new PrismaClient({ adapter: new PrismaPg(this.pool) });
  }

  async close(): Promise<void> {
    await this.client.$disconnect();
    if (!this.pool.ended) await this.pool.end();
  }
}
