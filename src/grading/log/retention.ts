import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Clock } from '../../common/clock.js';
import { CLOCK } from '../../common/clock.token.js';
import type { Logger } from '../../common/logger.js';
import { LOGGER } from '../../common/logger.token.js';
import { PrismaService } from '../../database/prisma.service.js';

/** Of an older run only its states, transitions and score are kept. */
export const KEPT_DAYS = 90;
const EVERY_MS = 6 * 3_600_000;
/** After the start, when there is most to do. */
const FIRST_MS = 60_000;

/** What was observed in runs: evidence, the log, and what objectives passed with. No run lasts anywhere near as long. */
const OLD = [
  'DELETE FROM "RunLog" WHERE "at" < $1',
  'DELETE FROM "Evidence" WHERE "at" < $1',
  // Beside these the table holds facts of the run, such as when it was frozen.
  `DELETE FROM "Past" WHERE "at" < $1 AND "key" NOT LIKE '$%'`,
];

@Injectable()
export class Retention implements OnApplicationBootstrap, OnApplicationShutdown {
  private cancel: () => void = () => undefined;

  constructor(
    private readonly prisma: PrismaService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.arm(FIRST_MS);
  }

  onApplicationShutdown(): void {
    this.cancel();
  }

  /** Deletes what is older than 90 days. */
  async prune(): Promise<void> {
    const before = new Date(this.clock.now() - KEPT_DAYS * 24 * 3_600_000);
    for (const statement of OLD) await this.prisma.pool.query(statement, [before]);
  }

  private arm(ms: number): void {
    this.cancel = this.clock.after(ms, () => {
      this.prune().catch((error: unknown) => {
        this.logger.warn({ err: error }, 'old observations could not be deleted, will try again');
      });
      this.arm(EVERY_MS);
    });
  }
}
