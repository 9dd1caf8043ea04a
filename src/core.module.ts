import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Clock } from './common/clock.js';
import { CLOCK } from './common/clock.token.js';
import type { Logger } from './common/logger.js';
import { LOGGER } from './common/logger.token.js';
import { APP_CONFIG, type AppConfig } from './config/app-config.js';
import { PrismaService } from './database/prisma.service.js';
import type { Finding, HostDriver } from './drivers/host-driver.js';
import type { ClusterDriver } from './drivers/cluster-driver.js';
import { CLUSTER_DRIVER, HOST_DRIVER } from './drivers/driver.tokens.js';
import { Bus } from './events/bus.js';
import { EventOutbox } from './events/outbox.js';
import { Feed } from './events/feed.js';

/** What is made before Nest: see boot.ts. */
export interface Runtime {
  config: AppConfig;
  logger: Logger;
  clock: Clock;
  prisma: PrismaService;
  driver: HostDriver;
  clusters: ClusterDriver;
  findings: Finding[];
  secret: Uint8Array;
  /** The tenant of this installation. */
  tenantId: string;
}

export const RUNTIME = Symbol('runtime');

@Global()
@Module({})
export class CoreModule {
  static with(runtime: Runtime): DynamicModule {
    const providers = [
      { provide: RUNTIME, useValue: runtime },
      { provide: APP_CONFIG, useValue: runtime.config },
      { provide: LOGGER, useValue: runtime.logger },
      { provide: CLOCK, useValue: runtime.clock },
      { provide: PrismaService, useValue: runtime.prisma },
      { provide: HOST_DRIVER, useValue: runtime.driver },
      { provide: CLUSTER_DRIVER, useValue: runtime.clusters },
      { provide: Bus, useFactory: () => new Bus() },
      { provide: EventOutbox, useFactory: (bus: Bus) => new EventOutbox(bus), inject: [Bus] },
      { provide: Feed, useFactory: () => new Feed(runtime.prisma) },
    ];
    return { module: CoreModule, providers, exports: providers.map((p) => p.provide) };
  }
}
