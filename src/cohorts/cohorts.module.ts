import {
  Global,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { Authenticator } from '../auth/authenticator.js';
import type { Clock } from '../common/clock.js';
import { CLOCK } from '../common/clock.token.js';
import type { Logger } from '../common/logger.js';
import { LOGGER } from '../common/logger.token.js';
import { PrismaService } from '../database/prisma.service.js';
import { Bus } from '../events/bus.js';
import { EventOutbox } from '../events/outbox.js';
import { LabsModule } from '../labs/labs.module.js';
import { LabsService } from '../labs/labs.service.js';
import { CohortRules } from '../sandbox/cohort-rules.js';
import { LabCatalogue } from '../sandbox/lab-catalogue.js';
import { SandboxDirectory } from '../sandbox/live-sandbox.js';
import { SandboxRuntime } from '../sandbox/sandbox.runtime.js';
import { UserRepository } from '../tenants/user.repository.js';
import { CohortActions } from './actions.js';
import { ActionsController } from './actions.controller.js';
import { Attendance } from './board/attendance.js';
import { AttendanceRepository } from './board/attendance.repository.js';
import { type BoardLab, boardLabOf } from './board/board-labs.js';
import { BoardController } from './board/board.controller.js';
import { BoardRepository } from './board/board.repository.js';
import { Boards } from './board/boards.js';
import { SignalBook } from './board/live-signals.js';
import { CohortBook } from './cohort-book.js';
import { CohortClock } from './cohort-clock.js';
import { CohortRepository } from './cohort.repository.js';
import { CohortService } from './cohort.service.js';
import { CohortsController } from './cohorts.controller.js';
import { MemberRepository } from './member.repository.js';

const MAX_LABS = 200;

/** What a board needs of a lab version, read once: a version never changes. */
function boardLabs(labs: LabsService): (tenantId: string, versionId: string) => Promise<BoardLab> {
  const known = new Map<string, BoardLab>();
  return async (tenantId, versionId) => {
    const cached = known.get(versionId);
    if (cached) return cached;
    const lab = boardLabOf(versionId, (await labs.byVersionId(tenantId, versionId)).spec);
    if (known.size >= MAX_LABS) known.clear();
    known.set(versionId, lab);
    return lab;
  };
}

@Injectable()
class CohortLife implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly clockwork: CohortClock;
  private readonly attendance: Attendance;

  constructor(
    private readonly book: CohortBook,
    private readonly boards: Boards,
    private readonly signals: SignalBook,
    sandboxes: SandboxRuntime,
    prisma: PrismaService,
    outbox: EventOutbox,
    directory: SandboxDirectory,
    bus: Bus,
    @Inject(CLOCK) clock: Clock,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.repository = new AttendanceRepository(prisma);
    this.clockwork = new CohortClock({ book, sandboxes, clock, logger });
    this.attendance = new Attendance({ bus, outbox, repository: this.repository, directory, logger });
  }

  private readonly repository: AttendanceRepository;

  /** Before the first sandbox is looked at. */
  async onModuleInit(): Promise<void> {
    await this.book.load();
    await this.repository.endOpen();
  }

  onApplicationBootstrap(): void {
    this.clockwork.start();
  }

  onApplicationShutdown(): void {
    this.clockwork.stop();
    this.attendance.close();
    this.boards.close();
    this.signals.close();
  }
}

@Global()
@Module({
  imports: [LabsModule],
  controllers: [BoardController, ActionsController, CohortsController],
  providers: [
    {
      provide: MemberRepository,
      useFactory: (prisma: PrismaService) => new MemberRepository(prisma),
      inject: [PrismaService],
    },
    {
      provide: CohortBook,
      useFactory: (prisma: PrismaService, members: MemberRepository, clock: Clock) =>
        new CohortBook(new CohortRepository(prisma), members, clock),
      inject: [PrismaService, MemberRepository, CLOCK],
    },
    { provide: CohortRules, useExisting: CohortBook },
    {
      provide: CohortService,
      useFactory: (
        book: CohortBook,
        members: MemberRepository,
        labs: LabCatalogue,
        sandboxes: SandboxRuntime,
        authenticator: Authenticator,
        audit: AuditLog,
        bus: Bus,
      ) => new CohortService({ book, members, labs, sandboxes, authenticator, audit, bus }),
      inject: [CohortBook, MemberRepository, LabCatalogue, SandboxRuntime, Authenticator, AuditLog, Bus],
    },
    {
      provide: CohortActions,
      useFactory: (sandboxes: SandboxRuntime, users: UserRepository, audit: AuditLog, bus: Bus) =>
        new CohortActions({ sandboxes, users, audit, bus }),
      inject: [SandboxRuntime, UserRepository, AuditLog, Bus],
    },
    {
      provide: SignalBook,
      useFactory: (bus: Bus, clock: Clock) => new SignalBook(bus, () => clock.now()),
      inject: [Bus, CLOCK],
    },
    {
      provide: Boards,
      useFactory: (
        bus: Bus,
        clock: Clock,
        logger: Logger,
        prisma: PrismaService,
        signals: SignalBook,
        members: MemberRepository,
        sandboxes: SandboxRuntime,
        labs: LabsService,
      ) =>
        new Boards({
          bus,
          clock,
          logger,
          signals,
          repository: new BoardRepository(prisma),
          learners: (cohortId) => members.learners(cohortId),
          living: (id) => sandboxes.living.entries.get(id)?.row,
          lab: boardLabs(labs),
        }),
      inject: [Bus, CLOCK, LOGGER, PrismaService, SignalBook, MemberRepository, SandboxRuntime, LabsService],
    },
    CohortLife,
  ],
  exports: [CohortRules],
})
export class CohortsModule {}
