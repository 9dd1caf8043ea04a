import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { assertCanUseSandbox } from '../auth/access.js';
import type { Principal } from '../auth/principal.js';
import type { Clock } from '../common/clock.js';
import { CLOCK } from '../common/clock.token.js';
import { AppError } from '../common/errors/app-error.js';
import { newSecretId } from '../common/ids.js';
import type { Logger } from '../common/logger.js';
import { LOGGER } from '../common/logger.token.js';
import { APP_CONFIG, type AppConfig } from '../config/app-config.js';
import { HOST_DRIVER } from '../drivers/driver.tokens.js';
import type { HostDriver } from '../drivers/host-driver.js';
import { Bus } from '../events/bus.js';
import { SandboxDirectory, type LiveSandbox } from '../sandbox/live-sandbox.js';
import { SandboxService } from '../sandbox/sandbox.service.js';
import { assertNotTakenOver } from './attachment-desk.js';
import { LearnerPresence } from './learner-presence.js';
import * as limits from './limits.js';
import { TerminalSession } from './session.js';
import { Recordings } from './recording/recordings.js';
import { sessionNews, type NewsDeps } from './session-news.js';
import { openShell, type ShellTarget } from './shell-opener.js';
import type { Size, SizePolicy } from './sizing.js';
import { TerminalRegistry, type LiveTerminal } from './terminal-registry.js';
import { TerminalRepository } from './terminal.repository.js';
import { TicketDesk } from './ticket-desk.js';
import { cleanName } from './visitor.js';
import type { ExitReason } from './wire/wire.js';

export interface CreateTerminal extends Size {
  target: ShellTarget;
  name?: string | undefined;
  start: 'attach' | 'now';
  sizePolicy: SizePolicy;
  /** undefined: where it is allowed. */
  record?: boolean | undefined;
}

const PRUNE_MS = 600_000;

/** Terminals of sandboxes: makes them, finds them for whom they belong to, ends them with their sandbox. */
@Injectable()
export class TerminalService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stops: (() => void)[] = [];
  private readonly news: NewsDeps;

  constructor(
    private readonly registry: TerminalRegistry,
    private readonly repository: TerminalRepository,
    private readonly sandboxes: SandboxService,
    private readonly directory: SandboxDirectory,
    private readonly bus: Bus,
    private readonly audit: AuditLog,
    private readonly desk: TicketDesk,
    private readonly recordings: Recordings,
    presence: LearnerPresence,
    @Inject(HOST_DRIVER) private readonly driver: HostDriver,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const note = (write: Promise<unknown>): void => this.note(write);
    this.news = { registry, repository, bus, audit, presence, note };
  }

  async onApplicationBootstrap(): Promise<void> {
    limits.assertConsistent(this.config.ptyRingBytes);
    this.stops.push(
      this.bus.on('sandbox.ending', ({ sandboxId }) => {
        for (const { session } of this.registry.ofSandbox(sandboxId)) this.end(session, 'sandbox_ended');
      }),
      this.bus.on('credential.revoked', ({ tenantId, subject }) =>
        this.registry.closeSubject(tenantId, subject),
      ),
    );
    const lost = await this.repository.loseOpen();
    await this.recordings.endOpen();
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
    const recorded = await this.recorded(sandbox, wanted.record);
    this.assertQuota(sandbox);
    const id = newSecretId('trm');
    const name = cleanName(wanted.name ?? '', 'shell', 64);
    const size = { cols: wanted.cols, rows: wanted.rows };
    const { tenantId, userId, cohortId } = sandbox;
    const owner = {
      id,
      tenantId,
      userId,
      sandboxId,
      cohortId,
      target: wanted.target.kind,
      createdAt: new Date(),
    };
    const session = new TerminalSession({
      id,
      name,
      size,
      sizePolicy: wanted.sizePolicy,
      ringBytes: this.config.ptyRingBytes,
      graceMs: this.config.ptyDetachedTtlMs,
      clock: this.clock,
      open: async (opened) =>
        openShell(
          { driver: this.driver, directory: this.directory },
          { sandboxId, target: wanted.target, size: opened, env: await this.sandboxes.shellEnv(sandbox) },
        ),
      events: sessionNews(this.news, owner),
      ...(recorded ? { recorder: (s) => this.recordings.start(sandbox, s, wanted.target.kind) } : {}),
    });
    const terminal = { ...owner, session };
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

  /** Also for terminals that are gone. Throws not_found for those of someone else. */
  async assertMine(principal: Principal, id: string): Promise<void> {
    await this.get(principal, id).catch((error: unknown) => {
      if (!(error instanceof AppError && error.code === 'terminal_gone')) throw error;
    });
  }

  /** The answer does not wait for the command's end. */
  async remove(principal: Principal, id: string): Promise<void> {
    try {
      const { session, tenantId } = await this.get(principal, id);
      this.audit.record({ tenantId, actor: principal.subject, action: 'terminal.killed', subject: id });
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
    const { tenantId, subject } = principal;
    this.audit.record({
      tenantId,
      actor: subject,
      action: 'terminal.signal',
      subject: id,
      detail: { signal: name },
    });
    await session.signal(name);
  }

  /** Ends all shells, when the service goes down. */
  async endAll(): Promise<void> {
    await Promise.all(this.registry.all().map(({ session }) => session.end('shutdown')));
    await this.recordings.settled();
  }

  private async running(principal: Principal, id: string): Promise<TerminalSession> {
    const terminal = await this.get(principal, id);
    if (terminal.session.exit) throw new AppError('conflict', 'The command of this terminal has exited.');
    assertNotTakenOver(principal, terminal);
    return terminal.session;
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

  private async recorded(sandbox: LiveSandbox, wanted: boolean | undefined): Promise<boolean> {
    const allowed = wanted !== false && (await this.recordings.allowed(sandbox));
    if (wanted === true && !allowed) {
      const detail =
        'record: not allowed here; WHEELHOUSE_RECORDING, the tenant and sandbox.host.recording of the lab decide.';
      throw new AppError('validation_failed', detail);
    }
    return allowed;
  }

  private assertQuota(sandbox: LiveSandbox): void {
    const open = this.registry.ofSandbox(sandbox.id).filter(({ session }) => !session.exit).length;
    if (open >= limits.TERMINALS_PER_SANDBOX) {
      const most = `A sandbox has at most ${limits.TERMINALS_PER_SANDBOX} terminals; end one first.`;
      throw new AppError('quota_exceeded', most);
    }
    if (this.registry.terminalsOfUser(sandbox.tenantId, sandbox.userId) >= limits.TERMINALS_PER_USER) {
      const most = `A user has at most ${limits.TERMINALS_PER_USER} terminals; end one first.`;
      throw new AppError('quota_exceeded', most);
    }
    if (this.registry.size >= limits.TERMINALS_PER_SERVER) {
      throw new AppError(
        'quota_exceeded',
        `This server has ${limits.TERMINALS_PER_SERVER} terminals, its most.`,
      );
    }
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
      this.note(this.recordings.prune());
      this.desk.forgetRates();
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
