import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { prepareStateDir } from '../../src/auth/secrets.js';
import { silentLogger } from '../../src/common/logger.js';
import { ROOT } from '../../src/config/root.js';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { InstanceLock } from '../../src/database/instance-lock.js';
import { migrate, MigrationError } from '../../src/database/migrator.js';
import { isRunning } from '../../src/linux/process-state.js';
import { describeWith } from '../support/capability.js';
import { type Column, readSchema } from './prisma-schema.js';

const MIGRATIONS = path.join(ROOT, 'prisma/migrations');

describe('the embedded database', () => {
  let stateDir: string;
  let server: EmbeddedPostgres;

  const connect = async () => {
    const pool = new pg.Pool({ connectionString: server.url(), max: 2 });
    pool.on('error', () => undefined);
    return pool;
  };
  const postmaster = () =>
    Number(readFileSync(path.join(stateDir, 'db/postmaster.pid'), 'utf8').split('\n')[0]);
  const waitUntil = async (test: () => Promise<boolean> | boolean) => {
    const deadline = Date.now() + 20_000;
    while (!(await test())) {
      if (Date.now() > deadline) throw new Error('waited 20 s in vain');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  beforeAll(async () => {
    stateDir = mkdtempSync(path.join(tmpdir(), 'wh-db-'));
    prepareStateDir(stateDir);
    server = new EmbeddedPostgres(stateDir, silentLogger);
    expect(await server.start()).toBe('started');
  }, 60_000);

  afterAll(async () => {
    await server.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  it('has exactly the tables, columns and indexes of the Prisma schema once the migrations ran', async () => {
    const pool = await connect();
    try {
      expect(await migrate(pool, MIGRATIONS)).toEqual(readdirSync(MIGRATIONS).sort());
      expect(await migrate(pool, MIGRATIONS)).toEqual([]);
      const schema = readSchema(path.join(ROOT, 'prisma/schema.prisma'));
      const { rows } = await pool.query<Column>(
        `SELECT table_name AS "table", column_name AS "column",
           CASE WHEN data_type = 'USER-DEFINED' THEN udt_name ELSE data_type END AS type, is_nullable = 'YES' AS nullable
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_prisma_migrations'`,
      );
      const key = (c: Column) => `${c.table}.${c.column} ${c.type} ${c.nullable ? 'null' : 'not null'}`;
      expect(rows.map(key).sort()).toEqual(schema.columns.map(key).sort());
      const found = await pool.query<{ index: string }>(
        `SELECT t.relname || '(' || string_agg(a.attname, ',' ORDER BY k.ord) || ')' AS index
         FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
         CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, ord)
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum
         WHERE n.nspname = 'public' AND t.relname <> '_prisma_migrations' AND i.indpred IS NULL
         GROUP BY i.indexrelid, t.relname`,
      );
      expect(found.rows.map((r) => r.index).sort()).toEqual(schema.indexes.sort());
    } finally {
      await pool.end();
    }
  });

  it('never changes a row of the audit log', async () => {
    const pool = await connect();
    try {
      await pool.query(`INSERT INTO "Tenant" (id, slug) VALUES ('ten_a', 'a')`);
      await pool.query(
        `INSERT INTO "AuditEvent" ("tenantId", actor, action, subject, detail, at) VALUES ('ten_a', 'x', 'y', 'z', '{}', now())`,
      );
      for (const change of [
        `UPDATE "AuditEvent" SET actor = 'nobody'`,
        'DELETE FROM "AuditEvent"',
        'TRUNCATE "AuditEvent"',
      ]) {
        await expect(pool.query(change)).rejects.toThrow('append-only');
      }
    } finally {
      await pool.end();
    }
  });

  it('refuses a migration that was changed after it was applied', async () => {
    const pool = await connect();
    try {
      await pool.query(`UPDATE "_prisma_migrations" SET checksum = 'other'`);
      await expect(migrate(pool, MIGRATIONS)).rejects.toThrow(MigrationError);
    } finally {
      await pool.end();
    }
  });

  it('is adopted by the next service when its own was killed, with all that was committed', async () => {
    const pool = await connect();
    await pool.query('CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)');
    await pool.end();
    const next = new EmbeddedPostgres(stateDir, silentLogger);
    const pid = postmaster();
    expect(await next.start()).toBe('adopted');
    expect(postmaster()).toBe(pid);
    server = next;
  });

  it('comes back by itself, with all that was committed, after a kill -9', async () => {
    const before = postmaster();
    process.kill(before, 'SIGKILL');
    await waitUntil(() => !isRunning(before));
    const pool = await connect();
    try {
      await waitUntil(() =>
        pool.query('SELECT n FROM kept').then(
          (r) => r.rows[0].n === 42,
          () => false,
        ),
      );
      expect(postmaster()).not.toBe(before);
    } finally {
      await pool.end();
    }
  });

  it('lets one service at a time have it', async () => {
    const first = new InstanceLock(server.url(), silentLogger, () => undefined);
    const second = new InstanceLock(server.url(), silentLogger, () => undefined);
    await first.acquire();
    const waiting = second.acquire();
    await first.release();
    await waiting;
    await second.release();
  });
});

describeWith(['root'], 'an embedded database whose account got another number', () => {
  it('starts with its files handed over to the account, and keeps what was committed', async () => {
    const stateDir = mkdtempSync(path.join(tmpdir(), 'wh-db-'));
    prepareStateDir(stateDir);
    const query = async (server: EmbeddedPostgres, text: string) => {
      const client = new pg.Client({ connectionString: server.url() });
      await client.connect();
      try {
        return (await client.query<{ n: number }>(text)).rows;
      } finally {
        await client.end();
      }
    };
    let server = new EmbeddedPostgres(stateDir, silentLogger);
    try {
      await server.start();
      await query(server, 'CREATE TABLE kept (n int)');
      await query(server, 'INSERT INTO kept VALUES (7)');
      await server.stop();
      execFileSync('/bin/chown', ['-R', '65534:65534', path.join(stateDir, 'db')]);
      server = new EmbeddedPostgres(stateDir, silentLogger);
      expect(await server.start()).toBe('started');
      expect(await query(server, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
    } finally {
      await server.stop();
      rmSync(stateDir, { recursive: true, force: true });
    }
  }, 60_000);
});
