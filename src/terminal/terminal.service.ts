import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { assertCanUseSandbox } from '../auth/access.js';
import type { Principal } from '../auth/principal.js';
import type { Clock } from '../common/clock.js';
import { CLOCK } from '../common/clock.token.js';
import { AppError } from '../common/errors/app-error.js';
import { kernelName, newSecretId } from '../common/ids.js';
import type { Logger } from '../common/logger.js';
import { LOGGER } from '../common/logger.token.js';
import { APP_CONFIG, type AppConfig } from '../config/app-config.js';
import { HOST_DRIVER } from '../drivers/driver.tokens.js';
import type { HostDriver } from '../drivers/host-driver.js';
import { Bus } from '../events/bus.js';
import { SandboxDirectory, type LiveSandbox } from '../sandbox/live-sandbox.js';
import { SandboxService } from '../sandbox/sandbox.service.js';
import * as limits from './limits.js';
import { spawnPty } from './pty/node-pty.js';
import type { Pty } from './pty/pty.js';
import { TerminalSession, type SessionEvents, type Size } from './session.js';
import { SHELL_ARGV, SHELL_ENV } from './shell.js';
import { TerminalRegistry, type LiveTerminal } from './terminal-registry.js';
import { TerminalRepository } from './terminal.repository.js';
import { TokenBucket } from './token-bucket.js';
import type { ExitReason, TerminalExit } from './wire/wire.js';

export type TargetKind = 'labhost' | 'local';

export interface CreateTerminal extends Size {
  target: { kind: TargetKind };
  name?: string | undefined;
  start: 'attach' | 'now';
}

const OPEN_TIMEOUT_MS = 10_000;
const PRUNE_MS = 600_000;

/** Terminals of sandboxes: makes them, finds them for whom they belong to, ends them with their sandbox. */
@Injectable()
export class TerminalService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly mints = new Map<string, TokenBucket>();
  private readonly stops: (() => void)[] = [];

  constructor(
    private readonly registry: TerminalRegistry,
    private readonly repository: TerminalRepository,
    private readonly sandboxes: SandboxService,
    private readonly directory: SandboxDirectory,
    private readonly bus: Bus,
    @Inject(HOST_DRIVER) private readonly driver: HostDriver,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    limits.assertConsistent(this.config.ptyRingBytes);
    this.stops.push(
      this.bus.on('sandbox.ending', ({ sandboxId }) => {
        for (const { session } of this.registry.ofSandbox(sandboxId)) this.end(session, 'sandbox_ended');
      }),
    );
    const lost = await this.repository.loseOpen();
    if (lost > 0) this.logger.info({ lost }, 'terminals of an earlier run are lost');
    this.planPrune();
  }

  onModuleDestroy(): void {
    for (const stop of this.stops) stop();
  }

  async create(principal: Principal, sandboxId: string, wanted: CreateTerminal): Promise<LiveTerminal> {
    const sandbox = await this.readySandbox(principal, sandboxId);
    if (wanted.target.kind === 'local' && !this.config.ptyLocal) {
      throw new AppError(
        'validation_failed',
        'target.kind "local" needs WHEELHOUSE_PTY_LOCAL=true on the server.',
      );
    }
    this.assertQuota(sandbox);
    const id = newSecretId('trm');
    const name = clean(wanted.name ?? 'shell');
    const size = { cols: wanted.cols, rows: wanted.rows };
    const { tenantId, userId } = sandbox;
    const session = new TerminalSession({
      id,
      name,
      size,
      ringBytes: this.config.ptyRingBytes,
      graceMs: this.config.ptyDetachedTtlMs,
      clock: this.clock,
      open: (opened) => this.open(sandboxId, wanted.target.kind, opened),
      events: this.events(id, sandboxId),
    });
    const terminal = {
      session,
      tenantId,
      userId,
      sandboxId,
      target: wanted.target.kind,
      createdAt: new Date(),
    };
    // Counted before the database answers, so that requests side by side cannot pass the quota together.
    this.registry.add(terminal);
    try {
      await this.repository.insert({ tenantId, id, sandboxId, name, ...size });
      if (wanted.start === 'now') await session.ensureStarted();
    } catch (error) {
      this.end(session, 'killed');
      throw error;
    }
    // The sandbox may have ended meanwhile, and its signal came before there was anything to end.
    if (!this.directory.find(sandboxId)) this.end(session, 'sandbox_ended');
    return terminal;
  }

  async list(principal: Principal, sandboxId: string): Promise<LiveTerminal[]> {
    await this.sandboxes.get(principal, sandboxId);
    return this.registry.ofSandbox(sandboxId);
  }

  /** Throws not_found for a terminal of someone else, terminal_gone for one that was. */
  async get(principal: Principal, id: string): Promise<LiveTerminal> {
    const live = this.registry.get(id);
    if (live) {
      assertCanUse(principal, live);
      return live;
    }
    const row = await this.repository.find(principal.tenantId, id);
    if (!row) throw notFound();
    // Throws when the sandbox is not the caller's.
    await this.sandboxes.get(principal, row.sandboxId).catch(() => {
      throw notFound();
    });
    throw new AppError('terminal_gone', 'The terminal has ended; create another in the sandbox.');
  }

  async mint(principal: Principal, id: string, origin: string | null) {
    const { session, tenantId, userId } = await this.get(principal, id);
    this.assertMintRate(`${tenantId} ${userId}`);
    return this.repository.mint({ tenantId, terminalId: session.id, userId, origin });
  }

  /** The answer does not wait for the command's end. */
  async remove(principal: Principal, id: string): Promise<void> {
    try {
      const { session } = await this.get(principal, id);
      this.end(session, 'killed');
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'terminal_gone')) throw error;
    }
  }

  async resize(principal: Principal, id: string, size: Size): Promise<Size> {
    return (await this.running(principal, id)).requestSize(size);
  }

  async signal(principal: Principal, id: string, name: string): Promise<void> {
    const session = await this.running(principal, id);
    this.logger.info({ terminal: id, signal: name, by: principal.subject }, 'terminal signal');
    await session.signal(name);
  }

  /** Ends all shells, when the service goes down. */
  async endAll(): Promise<void> {
    await Promise.all(this.registry.all().map(({ session }) => session.end('shutdown')));
  }

  private async running(principal: Principal, id: string): Promise<TerminalSession> {
    const { session } = await this.get(principal, id);
    if (session.exit) throw new AppError('conflict', 'The command of this terminal has exited.');
    return session;
  }

  private async readySandbox(principal: Principal, sandboxId: string): Promise<LiveSandbox> {
    await this.sandboxes.get(principal, sandboxId);
    const sandbox = this.directory.find(sandboxId);
    if (!sandbox) {
      throw new AppError(
        'sandbox_not_ready',
        'Terminals need a sandbox in state "ready"; GET it until it is.',
      );
    }
    return sandbox;
  }

  private assertQuota(sandbox: LiveSandbox): void {
    const open = this.registry.ofSandbox(sandbox.id).filter(({ session }) => !session.exit).length;
    if (open >= limits.TERMINALS_PER_SANDBOX) {
      const most = `A sandbox has at most ${limits.TERMINALS_PER_SANDBOX} terminals; end one first.`;
      throw new AppError('quota_exceeded', most);
    }
    if (this.registry.size >= limits.TERMINALS_PER_SERVER) {
      throw new AppError(
        'quota_exceeded',
        `This server has ${limits.TERMINALS_PER_SERVER} terminals, its most.`,
      );
    }
  }

  private assertMintRate(user: string): void {
    if (!this.config.rateLimits) return;
    let bucket = this.mints.get(user);
    if (!bucket) {
      bucket = new TokenBucket(this.clock, limits.TICKETS_PER_MINUTE / 60, limits.TICKETS_PER_MINUTE);
      this.mints.set(user, bucket);
    }
    if (!bucket.take()) {
      const detail = `More than ${limits.TICKETS_PER_MINUTE} tickets a minute for this user.`;
      throw new AppError('rate_limited', detail, { retryAfter: 2 });
    }
  }

  private open(sandboxId: string, kind: TargetKind, size: Size): Promise<Pty> {
    const spec = { argv: [...SHELL_ARGV], env: { ...SHELL_ENV }, ...size };
    if (kind === 'local') return Promise.resolve(spawnPty({ ...spec, cwd: '/' }));
    // Looked up anew: the shell may start long after the terminal was made.
    const sandbox = this.directory.find(sandboxId);
    if (!sandbox) throw new AppError('sandbox_not_ready', 'The sandbox has ended.');
    return this.driver.openPty(kernelName(sandboxId), sandbox.attempt, spec, {
      signal: AbortSignal.timeout(OPEN_TIMEOUT_MS),
      deadline: Date.now() + OPEN_TIMEOUT_MS,
    });
  }

  private events(id: string, sandboxId: string): SessionEvents {
    let exit: TerminalExit | null = null;
    return {
      started: (epoch) => this.note(this.repository.started(id, epoch)),
      enter: () => this.bus.emit('terminal.enter', { sandboxId }),
      activity: () => this.bus.emit('terminal.activity', { sandboxId }),
      attachments: () => {
        const count = this.registry.attachmentsOfSandbox(sandboxId);
        this.bus.emit('terminal.attachments', { sandboxId, count });
      },
      exited: (how) => {
        exit = how;
        this.note(this.repository.ended(id, how));
      },
      gone: () => {
        this.registry.remove(id);
        if (!exit) this.note(this.repository.ended(id, null));
      },
    };
  }

  private end(session: TerminalSession, reason: ExitReason): void {
    session.end(reason).catch((error: unknown) => this.logger.warn({ err: error }, 'a terminal did not end'));
  }

  /** History must not stop a shell: a database that is away costs the row, nothing else. */
  private note(write: Promise<unknown>): void {
    write.catch((error: unknown) => this.logger.warn({ err: error }, 'a terminal row was not written'));
  }

  private planPrune(): void {
    const cancel = this.clock.after(PRUNE_MS, () => {
      this.note(this.repository.pruneTickets());
      this.mints.clear();
      this.planPrune();
    });
    this.stops.push(cancel);
  }
}

function notFound(): AppError {
  return new AppError('not_found', 'There is no terminal with this id.');
}

function assertCanUse(principal: Principal, terminal: LiveTerminal): void {
  try {
    assertCanUseSandbox(principal, terminal);
  } catch {
    throw notFound();
  }
}

/** Names travel to other people's emulators: no control characters. */
function clean(name: string): string {
  return name.replaceAll(/\p{Cc}/gu, '').slice(0, 64) || 'shell';
}
