import { newSecret } from '../common/ids.js';
import type { PrismaService } from '../database/prisma.service.js';
import type { EventOutbox, NewEvent } from '../events/outbox.js';
import { TICKET_MS } from './limits.js';
import { ticketHash, type TicketClaims, type TicketStore } from './ticket-store.js';
import type { TerminalExit } from './wire/wire.js';

/** Rows of TerminalSession, and tickets. Output and shells live in memory; the rows are their history. */
export class TerminalRepository implements TicketStore {
  constructor(
    private readonly prisma: PrismaService,
    private readonly outbox: EventOutbox,
  ) {}

  async insert(row: {
    tenantId: string;
    id: string;
    sandboxId: string;
    name: string;
    cols: number;
    rows: number;
  }): Promise<void> {
    await this.prisma.client.terminalSession.create({ data: { ...row, state: 'open' } });
  }

  async started(id: string, epoch: string): Promise<void> {
    await this.prisma.client.terminalSession.update({ where: { id }, data: { epoch } });
  }

  /** `exit` is null for a terminal whose command never started. */
  async ended(id: string, exit: TerminalExit | null): Promise<void> {
    await this.prisma.client.terminalSession.updateMany({
      where: { id, state: 'open' },
      data: {
        state: 'exited',
        endedAt: new Date(),
        exitCode: exit?.code ?? null,
        exitSignal: exit?.signal ?? null,
        exitReason: exit?.reason ?? 'idle',
        bytesOut: exit?.seq ?? 0,
      },
    });
  }

  /** Shells do not outlive the process that held them: what is still open at the start is lost. */
  async loseOpen(): Promise<number> {
    const { count } = await this.prisma.client.terminalSession.updateMany({
      where: { state: 'open' },
      data: { state: 'lost', endedAt: new Date() },
    });
    return count;
  }

  find(tenantId: string, id: string): Promise<{ sandboxId: string; state: string } | null> {
    return this.prisma.client.terminalSession.findUnique({
      where: { tenantId_id: { tenantId, id } },
      select: { sandboxId: true, state: true },
    });
  }

  /** Times are the database's, so that minting and redeeming agree whatever the clocks do. */
  async mint(claims: TicketClaims): Promise<{ ticket: string; expiresAt: Date }> {
    const ticket = newSecret();
    const { rows } = await this.prisma.pool.query<{ expiresAt: Date }>(
      `INSERT INTO "Ticket" ("hash", "expiresAt", "tenantId", "terminalId", "userId", "userName", "kind", "role",
         "takeover", "subject", "origin")
       VALUES ($1, now() + $2 * interval '1 ms', $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING "expiresAt"`,
      [
        ticketHash(ticket),
        TICKET_MS,
        claims.tenantId,
        claims.terminalId,
        claims.userId,
        claims.userName,
        claims.kind,
        claims.role,
        claims.takeover,
        claims.subject,
        claims.origin,
      ],
    );
    return { ticket, expiresAt: rows[0]!.expiresAt };
  }

  async redeem(ticket: string): Promise<TicketClaims | undefined> {
    const { rows } = await this.prisma.pool.query<TicketClaims>(
      `UPDATE "Ticket" SET "consumedAt" = now()
       WHERE "hash" = $1 AND "consumedAt" IS NULL AND "expiresAt" > now()
       RETURNING "tenantId", "terminalId", "userId", "userName", "kind", "role", "takeover", "subject", "origin"`,
      [ticketHash(ticket)],
    );
    return rows[0];
  }

  /** A row of the event feed, which the learner's page and the platform follow. */
  async appendEvent(event: NewEvent): Promise<void> {
    await this.outbox.append(this.prisma.client, event);
    this.outbox.committed(event.sandboxId ?? null);
  }

  async pruneTickets(): Promise<void> {
    await this.prisma.pool.query(`DELETE FROM "Ticket" WHERE "expiresAt" < now() - interval '1 hour'`);
  }
}
