import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Principal } from '../../src/auth/principal.js';
import { AuthRepository } from '../../src/auth/auth.repository.js';
import { prepareStateDir } from '../../src/auth/secrets.js';
import { type Logger, silentLogger } from '../../src/common/logger.js';
import { ManualClock } from '../../src/common/manual-clock.js';
import { loadConfig } from '../../src/config/app-config.js';
import { ROOT } from '../../src/config/root.js';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { migrate } from '../../src/database/migrator.js';
import { PrismaService } from '../../src/database/prisma.service.js';
import { FakeClusterDriver, type FakeClusterOptions } from '../../src/drivers/fake/cluster-driver.js';
import { FakeHostDriver } from '../../src/drivers/fake/driver.js';
import { Bus } from '../../src/events/bus.js';
import { type ClusterApi, noApi } from '../../src/sandbox/cluster-api.js';
import type { CohortRules } from '../../src/sandbox/cohort-rules.js';
import { LabCatalogue, type LabRef } from '../../src/sandbox/lab-catalogue.js';
import type { Entry } from '../../src/sandbox/living.js';
import { SandboxRuntime } from '../../src/sandbox/sandbox.runtime.js';
import { TenantRepository } from '../../src/tenants/tenant.repository.js';
import { UserRepository } from '../../src/tenants/user.repository.js';

const MINUTE = 60_000;

/** Labs that exist only as rows; what is in them does not matter to the core. */
class RigLabs extends LabCatalogue {
  readonly byId = new Map<string, LabRef & { tenantId: string }>();

  override resolve(tenantId: string, slug: string): Promise<LabRef> {
    const all = [...this.byId.values()];
    return Promise.resolve(all.findLast((lab) => lab.slug === slug && lab.tenantId === tenantId)!);
  }

  override byVersion(_tenant: string, id: string): Promise<LabRef> {
    return Promise.resolve(this.byId.get(id)!);
  }

  override withCluster(tenantId: string): Promise<LabRef[]> {
    const own = [...this.byId.values()].filter((lab) => lab.tenantId === tenantId);
    const latest = new Map(own.map((lab) => [lab.slug, lab]));
    return Promise.resolve([...latest.values()].filter((lab) => lab.cluster));
  }
}

export interface CoreOptions {
  env?: Record<string, string>;
  cluster?: FakeClusterOptions;
  api?: Partial<ClusterApi>;
  cohorts?: CohortRules;
}

/** The sandbox core over real PostgreSQL, with drivers in memory and a clock that moves when told. */
export class CoreRig {
  private constructor(
    private readonly stateDir: string,
    private readonly postgres: EmbeddedPostgres,
    readonly prisma: PrismaService,
  ) {}

  clock = new ManualClock(Date.UTC(2026, 10, 23, 8));
  readonly labs = new RigLabs();
  driver = new FakeHostDriver();
  clusters!: FakeClusterDriver;
  bus = new Bus();
  core!: SandboxRuntime;
  tenants: string[] = [];
  /** What the set-ups of labs applied, in order. */
  applied: string[][] = [];
  /** Warnings and errors that were logged. */
  complaints: string[] = [];
  private options: CoreOptions = {};

  static async start(): Promise<CoreRig> {
    const stateDir = mkdtempSync(path.join(tmpdir(), 'wh-core-'));
    prepareStateDir(stateDir);
    const postgres = new EmbeddedPostgres(stateDir, silentLogger);
    await postgres.start();
    const prisma = new PrismaService(postgres.url(), silentLogger);
    await migrate(prisma.pool, path.join(ROOT, 'prisma/migrations'));
    const rig = new CoreRig(stateDir, postgres, prisma);
    const auth = new AuthRepository(prisma);
    rig.tenants = [await auth.ensureTenant('main'), await auth.ensureTenant('other')];
    return rig;
  }

  /** A service with fresh drivers; rows of an earlier one are gone. */
  async fresh(options: CoreOptions = {}): Promise<void> {
    this.core?.stop();
    await this.settle();
    await this.prisma.pool.query('TRUNCATE "Sandbox", "Event" CASCADE');
    this.complaints = [];
    this.options = options;
    this.applied = [];
    this.driver = new FakeHostDriver();
    this.clusters = new FakeClusterDriver({ clock: this.clock, ...options.cluster });
    await this.boot();
  }

  /** As after a kill: the rows and what the drivers made stay, all else is new. */
  async restart(options: CoreOptions = this.options): Promise<void> {
    this.core.stop();
    this.options = options;
    await this.boot();
  }

  private async boot(): Promise<void> {
    this.bus = new Bus();
    const env = { WHEELHOUSE_STATE_DIR: this.stateDir, WHEELHOUSE_POOL: 'off', ...this.options.env };
    const runtime = {
      config: loadConfig(env, { cwd: ROOT, isRoot: false }),
      logger: this.logger(),
      clock: this.clock,
      prisma: this.prisma,
      driver: this.driver,
      clusters: this.clusters,
      findings: [],
      secret: new Uint8Array(32),
      tenantId: this.tenants[0]!,
    };
    const apply = (_access: unknown, manifests: string[]) => {
      this.applied.push(manifests);
      return Promise.resolve();
    };
    this.core = new SandboxRuntime({
      runtime,
      bus: this.bus,
      users: new UserRepository(this.prisma),
      tenants: new TenantRepository(this.prisma),
      labs: this.labs,
      ...(this.options.cohorts ? { cohorts: this.options.cohorts } : {}),
      api: { ...noApi, apply, ...this.options.api },
      underPressure: () => false,
    });
    await this.core.start();
  }

  private logger(): Logger {
    const keep = (fields: { err?: Error }, text: string) =>
      void this.complaints.push(`${text}: ${fields.err?.message ?? JSON.stringify(fields)}`);
    return Object.assign(Object.create(silentLogger), { warn: keep, error: keep }) as Logger;
  }

  /** A published lab of every tenant, with a cluster by default. */
  async addLab(slug: string, more: Partial<LabRef> = {}): Promise<void> {
    for (const [i, tenantId] of this.tenants.entries()) {
      const n = this.labs.byId.size;
      const labId = `lab_${slug}_${i}`;
      await this.prisma.pool.query(
        'INSERT INTO "Lab" ("tenantId", id, slug) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
        [tenantId, labId, slug],
      );
      await this.prisma.pool.query(
        'INSERT INTO "LabVersion" ("tenantId", id, "labId", digest, version, spec, files) VALUES ($1, $2, $3, $4, $5, $6, $6)',
        [tenantId, `lv_${n}`, labId, `digest${n}`, '1.0.0', {}],
      );
      this.labs.byId.set(`lv_${n}`, {
        tenantId,
        labId,
        labVersionId: `lv_${n}`,
        slug,
        durationMs: 60 * MINUTE,
        extendByMs: 15 * MINUTE,
        requires: [],
        cluster: { nodes: 1, admin: false, start: 'platform', fidelity: 'any' },
        setup: () => [],
        drawsSetup: false,
        shellEnv: () => ({}),
        ...more,
      });
    }
  }

  get platform(): Principal {
    return { kind: 'platform', tenantId: this.tenants[0]!, scopes: ['admin'], subject: 'key_rig' };
  }

  /** Asks as a platform does, without waiting for `ready`. */
  async allocate(lab: string, user: string, tenantId = this.tenants[0]!): Promise<Entry> {
    const { view } = await this.core.service.allocate(
      { ...this.platform, tenantId },
      { lab, user, waitMs: 0 },
    );
    return this.core.living.entries.get(view.id)!;
  }

  async release(entry: Entry): Promise<void> {
    const principal = {
      kind: 'platform',
      tenantId: entry.row.tenantId,
      userId: undefined,
      scopes: ['admin'],
    };
    await this.core.service.release(principal as never, entry.row.id);
  }

  /** Moves the clock in steps, and lets what became due be done in between. */
  async pass(ms: number, step = 1000): Promise<void> {
    for (let passed = 0; passed < ms; passed += step) {
      this.clock.advance(Math.min(step, ms - passed));
      await this.settle();
    }
  }

  /** Once all that is left to do needs no time of the rig's clock. */
  async ready(entry: Entry): Promise<void> {
    await entry.until((row) => row.state === 'ready', 5000);
    await this.settle();
  }

  /** Until `test` holds, as the clock goes on. */
  async until(test: () => boolean, withinMs: number, step = 500): Promise<void> {
    for (let passed = 0; !test(); passed += step) {
      if (passed > withinMs) throw new Error(`not within ${withinMs} ms of the rig's clock`);
      await this.pass(step, step);
    }
  }

  /** All that is under way in the database and in the event loop comes to rest. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 8;) {
      await new Promise((resolve) => setImmediate(resolve));
      const { idleCount, totalCount, waitingCount } = this.prisma.pool;
      quiet = waitingCount === 0 && idleCount === totalCount ? quiet + 1 : 0;
    }
  }

  call() {
    return { signal: AbortSignal.timeout(10_000), deadline: this.clock.now() + 10_000 };
  }

  /** A file that the lab host of this sandbox shows. */
  published(entry: Entry, name: string): string | undefined {
    return this.driver.exports.read(`${entry.row.id.slice(3)}-${entry.row.attempt}`, name);
  }

  get units(): Entry[] {
    return [...this.core.living.entries.values()].filter((e) => e.row.userId === null);
  }

  async events(type: string): Promise<{ sandboxId: string; payload: Record<string, unknown> }[]> {
    const { rows } = await this.prisma.pool.query(
      'SELECT "sandboxId", payload FROM "Event" WHERE type = $1 ORDER BY id',
      [type],
    );
    return rows;
  }

  async stop(): Promise<void> {
    this.core?.stop();
    await this.prisma.close();
    await this.postgres.stop();
    rmSync(this.stateDir, { recursive: true, force: true });
  }
}
