import pg from 'pg';
import type { Logger } from '../common/logger.js';

/** Arbitrary but fixed: two services on one database find each other by it. */
const KEY = 5717733;
const WAIT_MS = 10_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * One service per database: a session lock of PostgreSQL, so that it ends with the process that holds it. A lost
 * connection is made again; if another service has the lock by then, `onLost` is called.
 */
export class InstanceLock {
  private client: pg.Client | undefined;
  private released = false;

  constructor(
    private readonly url: string,
    private readonly logger: Logger,
    private readonly onLost: () => void,
  ) {}

  /** Waits a while for a predecessor that was just killed. */
  async acquire(waitMs = WAIT_MS): Promise<void> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      if (await this.attempt()) return;
      if (performance.now() > deadline) {
        throw new Error(
          'another Wheelhouse serves this database: stop it, or give this one its own WHEELHOUSE_STATE_DIR',
        );
      }
      await pause(100);
    }
  }

  async release(): Promise<void> {
    this.released = true;
    await this.client?.end().catch(() => undefined);
  }

  private async attempt(): Promise<boolean> {
    const client = new pg.Client({
      connectionString: this.url,
      keepAlive: true,
      application_name: 'wheelhouse-lock',
    });
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ ok: boolean }>('SELECT pg_try_advisory_lock($1) AS ok', [KEY]);
    if (!rows[0]?.ok) {
      await client.end();
      return false;
    }
    this.client = client;
    client.once('end', () => void this.regain());
    return true;
  }

  private async regain(): Promise<void> {
    while (!this.released) {
      await pause(500);
      try {
        if (await this.attempt()) return;
        this.logger.error('another service took over the database');
        return this.onLost();
      } catch {
        // The database is away; the pool's users say so to their clients.
      }
    }
  }
}
