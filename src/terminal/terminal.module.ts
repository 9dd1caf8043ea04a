import { Module } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { Clock } from '../common/clock.js';
import { CLOCK } from '../common/clock.token.js';
import { APP_CONFIG, type AppConfig } from '../config/app-config.js';
import { PrismaService } from '../database/prisma.service.js';
import { Bus } from '../events/bus.js';
import { EventOutbox } from '../events/outbox.js';
import { UserRepository } from '../tenants/user.repository.js';
import { AttachmentDesk } from './attachment-desk.js';
import { AttachmentsController } from './attachments.controller.js';
import { LearnerPresence } from './learner-presence.js';
import { TerminalController } from './terminal.controller.js';
import { TerminalGateway } from './terminal.gateway.js';
import { TerminalRegistry } from './terminal-registry.js';
import { TerminalRepository } from './terminal.repository.js';
import { TerminalService } from './terminal.service.js';
import { TicketDesk } from './ticket-desk.js';
import { TtydController } from './ttyd.controller.js';

@Module({
  controllers: [TerminalController, AttachmentsController, TtydController],
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
