import path from 'node:path';
import { Module } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { Clock } from '../common/clock.js';
import { CLOCK } from '../common/clock.token.js';
import { APP_CONFIG, type AppConfig } from '../config/app-config.js';
import { PrismaService } from '../database/prisma.service.js';
import { Bus } from '../events/bus.js';
import type { Logger } from '../common/logger.js';
import { LOGGER } from '../common/logger.token.js';
import { EventOutbox } from '../events/outbox.js';
import { LabsModule } from '../labs/labs.module.js';
import { LabsService } from '../labs/labs.service.js';
import { UserRepository } from '../tenants/user.repository.js';
import { AttachmentDesk } from './attachment-desk.js';
import { AttachmentsController } from './attachments.controller.js';
import { LearnerPresence } from './learner-presence.js';
import { RecordingController } from './recording/recording.controller.js';
import { RecordingRepository } from './recording/recording.repository.js';
import { Recordings } from './recording/recordings.js';
import { TerminalController } from './terminal.controller.js';
import { TerminalGateway } from './terminal.gateway.js';
import { TerminalRegistry } from './terminal-registry.js';
import { TerminalRepository } from './terminal.repository.js';
import { TerminalService } from './terminal.service.js';
import { TicketDesk } from './ticket-desk.js';
import { TtydController } from './ttyd.controller.js';

@Module({
  imports: [LabsModule],
  controllers: [TerminalController, AttachmentsController, RecordingController, TtydController],
  providers: [
    TerminalService,
    TerminalGateway,
    { provide: TerminalRegistry, useFactory: () => new TerminalRegistry() },
    { provide: LearnerPresence, useFactory: (bus: Bus) => new LearnerPresence(bus), inject: [Bus] },
    {
      provide: AttachmentDesk,
      useFactory: (audit: AuditLog) => new AttachmentDesk(audit),
      inject: [AuditLog],
    },
    {
      provide: TerminalRepository,
      useFactory: (prisma: PrismaService, outbox: EventOutbox) => new TerminalRepository(prisma, outbox),
      inject: [PrismaService, EventOutbox],
    },
    {
      provide: RecordingRepository,
      useFactory: (prisma: PrismaService) => new RecordingRepository(prisma),
      inject: [PrismaService],
    },
    {
      provide: Recordings,
      useFactory: (
        repository: RecordingRepository,
        labs: LabsService,
        audit: AuditLog,
        clock: Clock,
        logger: Logger,
        config: AppConfig,
      ) =>
        new Recordings({
          repository,
          labs,
          audit,
          clock,
          on: config.recording,
          folder: path.join(config.stateDir, 'recordings'),
          patterns: config.recordingRedact,
          note: (write) =>
            void write.catch((error: unknown) =>
              logger.warn({ err: error }, 'a recording row was not written'),
            ),
        }),
      inject: [RecordingRepository, LabsService, AuditLog, CLOCK, LOGGER, APP_CONFIG],
    },
    {
      provide: TicketDesk,
      useFactory: (
        tickets: TerminalRepository,
        users: UserRepository,
        audit: AuditLog,
        clock: Clock,
        { rateLimits }: AppConfig,
      ) => new TicketDesk({ tickets, users, audit, clock, rateLimits }),
      inject: [TerminalRepository, UserRepository, AuditLog, CLOCK, APP_CONFIG],
    },
  ],
  exports: [TerminalService, TerminalRegistry],
})
export class TerminalModule {}
