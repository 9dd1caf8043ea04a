import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../common/clock.js';
import { CLOCK } from '../common/clock.token.js';
import type { Logger } from '../common/logger.js';
import { LOGGER } from '../common/logger.token.js';
import { APP_CONFIG, type AppConfig } from '../config/app-config.js';
import { AuditLog } from '../audit/audit-log.js';
import { Authenticator } from '../auth/authenticator.js';
import { AppError } from '../common/errors/app-error.js';
import { RUNTIME, type Runtime } from '../core.module.js';
import { TerminalRegistry } from './terminal-registry.js';
import { TerminalRepository } from './terminal.repository.js';
import { TerminalService } from './terminal.service.js';
import { TicketDesk } from './ticket-desk.js';
import type { TicketClaims, TicketStore } from './ticket-store.js';
import { TtyServer } from './tty-server.js';
import { UpgradeGate } from './upgrade-gate.js';

/** The socket side of terminals, with the service's parts put in. No `@SubscribeMessage`: frames are bytes. */
@Injectable()
export class TerminalGateway implements BeforeApplicationShutdown {
  private readonly server: TtyServer;

  constructor(
    registry: TerminalRegistry,
    repository: TerminalRepository,
    private readonly terminals: TerminalService,
    authenticator: Authenticator,
    desk: TicketDesk,
    audit: AuditLog,
    @Inject(RUNTIME) { tenantId }: Runtime,
    @Inject(APP_CONFIG) config: AppConfig,
    @Inject(CLOCK) clock: Clock,
    @Inject(LOGGER) logger: Logger,
  ) {
    const { allowedOrigins, allowedHosts, host, rateLimits } = config;
    const policy = { allowedOrigins, allowedHosts, bindHost: host };
    const tickets = auditedTickets(repository, audit);
    const bearer = async (authorization: string, id: string): Promise<TicketClaims | undefined> => {
      try {
        const principal = await authenticator.authenticate(authorization);
        const terminal = await terminals.get(principal, id);
        return await desk.claims(principal, terminal, { role: 'write', takeover: false }, null);
      } catch (error) {
        if (error instanceof AppError) return undefined;
        throw error;
      }
    };
    const gate = new UpgradeGate({ tickets, policy, clock, rateLimits, bearer });
    this.server = new TtyServer(
      gate,
      {
        registry,
        tickets,
        clock,
        rateLimits,
        // Nobody is known yet at this point: the rows belong to the installation.
        refused: ({ code, ip, origin }) => {
          const entry = { tenantId, actor: 'unknown', subject: 'tty', ip };
          const detail = { code, origin: origin ?? null };
          if (code === 'rate_limited') audit.limitHit({ ...entry, detail });
          else audit.record({ ...entry, action: 'ticket.refused', detail });
        },
      },
      logger,
    );
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

/** A used ticket is a row of the audit log, whatever comes of the socket. */
function auditedTickets(tickets: TicketStore, audit: AuditLog): TicketStore {
  return {
    mint: (claims) => tickets.mint(claims),
    redeem: async (ticket) => {
      const claims = await tickets.redeem(ticket);
      if (!claims) return undefined;
      const { tenantId, userId, terminalId, role, subject } = claims;
      const detail = { role, credential: subject };
      audit.record({ tenantId, actor: userId, action: 'ticket.used', subject: terminalId, detail });
      return claims;
    },
  };
}
