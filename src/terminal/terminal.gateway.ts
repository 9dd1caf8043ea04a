import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../common/clock.js';
import { CLOCK } from '../common/clock.token.js';
import type { Logger } from '../common/logger.js';
import { LOGGER } from '../common/logger.token.js';
import { APP_CONFIG, type AppConfig } from '../config/app-config.js';
import { TerminalRegistry } from './terminal-registry.js';
import { TerminalRepository } from './terminal.repository.js';
import { TerminalService } from './terminal.service.js';
import { TtyServer } from './tty-server.js';
import { UpgradeGate } from './upgrade-gate.js';

/** The socket side of terminals, with the service's parts put in. No `@SubscribeMessage`: frames are bytes. */
@Injectable()
export class TerminalGateway implements BeforeApplicationShutdown {
  private readonly server: TtyServer;

  constructor(
    registry: TerminalRegistry,
    tickets: TerminalRepository,
    private readonly terminals: TerminalService,
    @Inject(APP_CONFIG) config: AppConfig,
    @Inject(CLOCK) clock: Clock,
    @Inject(LOGGER) logger: Logger,
  ) {
    const { allowedOrigins, allowedHosts, host, rateLimits } = config;
    const policy = { allowedOrigins, allowedHosts, bindHost: host };
    const gate = new UpgradeGate({ tickets, policy, clock, rateLimits });
    this.server = new TtyServer(gate, { registry, tickets, clock, rateLimits }, logger);
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    return this.server.upgrade(request, socket, head);
  }

  /** Runs before Nest closes the HTTP server, which would drop the sockets without a close code. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.server.drain();
    await this.terminals.endAll();
  }
}
