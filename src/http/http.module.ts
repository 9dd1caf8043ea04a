import {
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import type { Logger } from '../common/logger.js';
import { LOGGER } from '../common/logger.token.js';
import { PrismaService } from '../database/prisma.service.js';
import { Feed } from '../events/feed.js';
import { LabsModule } from '../labs/labs.module.js';
import { HealthController } from './health.controller.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { IdempotencyRepository } from './idempotency.repository.js';
import { ProblemFilter } from './problem.filter.js';
import { validationPipe } from './validation.pipe.js';

const PRUNE_EVERY_MS = 600_000;

/** Forgets old idempotency keys and events. */
@Injectable()
class Pruner implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly keys: IdempotencyRepository,
    private readonly feed: Feed,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      Promise.all([this.keys.prune(), this.feed.prune()]).catch((error: unknown) =>
        this.logger.warn({ err: error }, 'pruning failed, the next one comes'),
      );
    }, PRUNE_EVERY_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }
}

@Module({
  imports: [LabsModule],
  controllers: [HealthController],
  providers: [
    {
      provide: IdempotencyRepository,
      useFactory: (p: PrismaService) => new IdempotencyRepository(p),
      inject: [PrismaService],
    },
    { provide: APP_FILTER, useFactory: (logger: Logger) => new ProblemFilter(logger), inject: [LOGGER] },
    { provide: APP_PIPE, useFactory: validationPipe },
    {
      provide: APP_INTERCEPTOR,
      useFactory: (r: IdempotencyRepository) => new IdempotencyInterceptor(r),
      inject: [IdempotencyRepository],
    },
    Pruner,
  ],
})
export class HttpModule {}
