import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import type { Logger } from '../common/logger.js';
import { startDaemon } from '../linux/exec/daemon.js';
import { runCommand } from '../linux/exec/command.js';
import { commandLine, isRunning } from '../linux/process-state.js';
import { databaseAccount, type Account } from './account.js';
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries.js';

const USER = 'wheelhouse';
const DATABASE = 'wheelhouse';
/** A socket path has 107 bytes at most. */
const SOCKET_NAME = '.s.PGSQL.5432';
const START_WITHIN_MS = 20_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A PostgreSQL of our own in `<state>/db`, without a TCP port. It outlives a kill -9 of the service and is adopted by
 * the next one; killed itself, it is started again and recovers from its log.
 */
export class EmbeddedPostgres {
  private readonly data: string;
  private account: Account | undefined;
  private binaries: PostgresBinaries | undefined;
  private watcher: NodeJS.Timeout | undefined;
  private starting: Promise<void> | undefined;

  constructor(
    private readonly stateDir: string,
    private readonly logger: Logger,
  ) {
    this.data = path.join(stateDir, 'db');
    const socket = path.join(this.data, SOCKET_NAME);
    if (socket.length > 107) {
      throw new Error(
        `${socket} is longer than a socket path may be (107): set WHEELHOUSE_STATE_DIR to a shorter one`,
      );
    }
  }

  url(database = DATABASE): string {
    return `postgresql://${USER}@localhost:5432/${database}?host=${encodeURIComponent(this.data)}`;
  }

  /** Starts or adopts the server, makes the database, and keeps watch over it. */
  async start(): Promise<'started' | 'adopted'> {
    this.account = await databaseAccount();
    this.binaries = postgresBinaries({ stateDir: this.stateDir, copy: this.account !== undefined });
    await this.initialise();
    const adopted = this.serverPid() !== undefined && (await this.answers());
    if (!adopted) await this.launch();
    await this.createDatabase();
    this.watcher = setInterval(() => this.check(), 1000);
    this.watcher.unref();
    return adopted ? 'adopted' : 'started';
  }

  /** Whether a server of this folder runs, whoever started it. */
  runs(): boolean {
    return this.serverPid() !== undefined;
  }

  async stop(): Promise<void> {
    clearInterval(this.watcher);
    await this.starting?.catch(() => undefined);
    const pid = this.serverPid();
    if (pid === undefined) return;
    process.kill(pid, 'SIGINT');
    for (let waited = 0; isRunning(pid) && waited < 10_000; waited += 10) await pause(10);
  }

  private check(): void {
    if (this.starting || this.serverPid() !== undefined) return;
    this.logger.warn('the embedded PostgreSQL is gone, starting it again');
    this.starting = this.launch()
      .catch((error: unknown) => this.logger.error({ err: error }, 'the embedded PostgreSQL did not start'))
      .finally(() => (this.starting = undefined));
  }

  /** Pid of the running server of this folder; never trusts the file alone, as pids are used again. */
  private serverPid(): number | undefined {
    let text: string;
    try {
      text = readFileSync(path.join(this.data, 'postmaster.pid'), 'utf8');
    } catch {
      return undefined;
    }
    const pid = Number(text.split('\n')[0]);
    if (!Number.isInteger(pid) || pid <= 1 || !isRunning(pid)) return undefined;
    return commandLine(pid)?.includes(this.data) ? pid : undefined;
  }

  private async answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url('postgres'), connectionTimeoutMillis: 2000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT 1');
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  private asAccount(argv: string[]): string[] {
    if (!this.account) return argv;
    const { uid, gid } = this.account;
    return ['/usr/bin/setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--', ...argv];
  }

  private async initialise(): Promise<void> {
    if (existsSync(path.join(this.data, 'PG_VERSION'))) {
      this.checkVersion();
      return this.adoptFiles();
    }
    const half = `${this.data}.new`;
    rmSync(half, { recursive: true, force: true });
    mkdirSync(half, { mode: 0o700 });
    if (this.account) chownSync(half, this.account.uid, this.account.gid);
    await runCommand({
      argv: this.asAccount([
        this.binaries!.initdb,
        ...['-D', half, '-U', USER, '--auth-local=trust', '--auth-host=reject', '-E', 'UTF8', '--locale=C'],
      ]),
      timeoutMs: 60_000,
    });
    chmodSync(half, 0o700);
    renameSync(half, this.data);
  }

  /** The account may have been removed and made again, by another installation's end, with another number. */
  private async adoptFiles(): Promise<void> {
    if (!this.account || statSync(this.data).uid === this.account.uid || this.runs()) return;
    const { uid, gid } = this.account;
    await runCommand({ argv: ['/bin/chown', '-R', '-h', `${uid}:${gid}`, this.data], timeoutMs: 60_000 });
  }

  private checkVersion(): void {
    const major = readFileSync(path.join(this.data, 'PG_VERSION'), 'utf8').trim();
    if (this.binaries!.version.split('.')[0] === major) return;
    throw new Error(
      `${this.data} was written by PostgreSQL ${major}, this version brings ${this.binaries!.version}: ` +
        'dump it with the older version, or set DATABASE_URL',
    );
  }

  /** Tries again for a while: after a crash the lock file may name a process that nobody has reaped yet. */
  private async launch(): Promise<void> {
    const deadline = performance.now() + START_WITHIN_MS;
    while (performance.now() < deadline) {
      if (this.serverPid() === undefined) {
        const pid = await startDaemon({
          argv: this.asAccount([
            this.binaries!.postgres,
            ...['-D', this.data, '-c', 'listen_addresses=', '-c', `unix_socket_directories=${this.data}`],
            ...[
              '-c',
              'unix_socket_permissions=0700',
              '-c',
              'max_connections=60',
              '-c',
              'shared_buffers=64MB',
            ],
          ]),
          cwd: '/',
          env: { LC_ALL: 'C' },
          logFile: path.join(this.stateDir, 'postgres.log'),
        });
        if (await this.waitFor(pid, deadline)) return;
        await pause(200);
      } else if (await this.answers()) return;
      else await pause(10);
    }
    throw new Error(`PostgreSQL did not answer within 20 s: see ${path.join(this.stateDir, 'postgres.log')}`);
  }

  private async waitFor(pid: number, deadline: number): Promise<boolean> {
    while (performance.now() < deadline && isRunning(pid)) {
      if (await this.answers()) return true;
      await pause(10);
    }
    return false;
  }

  private async createDatabase(): Promise<void> {
    const client = new pg.Client({ connectionString: this.url('postgres') });
    await client.connect();
    try {
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
      if (rowCount === 0) await client.query(`CREATE DATABASE "${DATABASE}"`);
    } finally {
      await client.end();
    }
  }
}
