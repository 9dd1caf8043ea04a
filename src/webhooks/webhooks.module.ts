import {
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { Clock } from '../common/clock.js';
import { CLOCK } from '../common/clock.token.js';
import { RUNTIME, type Runtime } from '../core.module.js';
import { Bus } from '../events/bus.js';
import { Feed } from '../events/feed.js';
import { EventOutbox } from '../events/outbox.js';
import { PrismaService } from '../database/prisma.service.js';
import { AddressGuard } from './address-guard.js';
import { Deliverer } from './deliverer.js';
import { DeliveryRepository } from './delivery.repository.js';
import { EndpointRepository } from './endpoint.repository.js';
import { SecretBox } from './sealed-secret.js';
import type { DisabledWhy, Endpoint } from './webhook.js';
import { WebhooksController } from './webhooks.controller.js';
import { WebhooksService } from './webhooks.service.js';

@Injectable()
class WebhookLife implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly deliverer: Deliverer) {}

  onApplicationBootstrap(): Promise<void> {
    return this.deliverer.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.deliverer.stop();
  }
}

/** The tenant hears of it in the feed, and so at its other endpoints. */
function noticeTo(prisma: PrismaService, outbox: EventOutbox) {
  return async ({ tenantId, id, url }: Endpoint, why: DisabledWhy): Promise<void> => {
    const payload = { endpointId: id, url, why };
    await outbox.append(prisma.client, { tenantId, type: 'webhook.disabled', payload });
    outbox.committed(null);
  };
}

@Module({
  controllers: [WebhooksController],
  providers: [
    {
      provide: EndpointRepository,
      useFactory: (prisma: PrismaService) => new EndpointRepository(prisma),
      inject: [PrismaService],
    },
    {
      provide: DeliveryRepository,
      useFactory: (prisma: PrismaService) => new DeliveryRepository(prisma),
      inject: [PrismaService],
    },
    {
      provide: AddressGuard,
      useFactory: (runtime: Runtime) => new AddressGuard(runtime.config.webhookAllow),
      inject: [RUNTIME],
    },
    {
      provide: SecretBox,
      useFactory: (runtime: Runtime) => new SecretBox(runtime.secret),
      inject: [RUNTIME],
    },
    {
      provide: Deliverer,
      useFactory: (
        { prisma, clock, logger }: Runtime,
        endpoints: EndpointRepository,
        deliveries: DeliveryRepository,
        guard: AddressGuard,
        secrets: SecretBox,
        bus: Bus,
        outbox: EventOutbox,
      ) => {
        const notice = noticeTo(prisma, outbox);
        const random = Math.random;
        return new Deliverer({ endpoints, deliveries, guard, secrets, bus, clock, logger, random, notice });
      },
      inject: [RUNTIME, EndpointRepository, DeliveryRepository, AddressGuard, SecretBox, Bus, EventOutbox],
    },
    {
      provide: WebhooksService,
      useFactory: (
        endpoints: EndpointRepository,
        deliveries: DeliveryRepository,
        deliverer: Deliverer,
        guard: AddressGuard,
        secrets: SecretBox,
        feed: Feed,
        clock: Clock,
        audit: AuditLog,
      ) => new WebhooksService({ endpoints, deliveries, deliverer, guard, secrets, feed, clock, audit }),
      inject: [
        EndpointRepository,
        DeliveryRepository,
        Deliverer,
        AddressGuard,
        SecretBox,
        Feed,
        CLOCK,
        AuditLog,
      ],
    },
    WebhookLife,
  ],
})
export class WebhooksModule {}
