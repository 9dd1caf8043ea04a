import { Global, Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Clock } from '../common/clock.js';
import { CLOCK } from '../common/clock.token.js';
import type { Logger } from '../common/logger.js';
import { LOGGER } from '../common/logger.token.js';
import { PrismaService } from '../database/prisma.service.js';
import { AuditLog } from './audit-log.js';
import { AuditController } from './audit.controller.js';
import { AuditRepository } from './audit.repository.js';

@Injectable()
class AuditEnd implements OnApplicationShutdown {
  constructor(@Inject(AuditLog) private readonly log: AuditLog) {}

  onApplicationShutdown(): Promise<void> {
    return this.log.close();
  }
}

@Global()
@Module({
  controllers: [AuditController],
  providers: [
    {
      provide: AuditRepository,
      useFactory: (prisma: PrismaService) => new AuditRepository(prisma),
      inject: [PrismaService],
    },
    {
      provide: AuditLog,
      useFactory: (repository: AuditRepository, clock: Clock, logger: Logger) =>
        new AuditLog((rows) => repository.insert(rows), clock, logger),
      inject: [AuditRepository, CLOCK, LOGGER],
    },
    AuditEnd,
  ],
  exports: [AuditLog],
})
export class AuditModule {}
