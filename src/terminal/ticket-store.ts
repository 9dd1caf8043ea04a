import { createHash } from 'node:crypto';
import type { Clock } from '../common/clock.js';
import { newSecret } from '../common/ids.js';
import { TICKET_MS } from './limits.js';
import type { Role, Visitor, VisitorKind } from './visitor.js';

/** What a ticket stands for. */
export interface TicketClaims {
  tenantId: string;
  terminalId: string;
  /** Of the learner, or of whoever watches. */
  userId: string;
  userName: string;
  kind: VisitorKind;
  role: Role;
  takeover: boolean;
  /** Credential that minted it. */
  subject: string;
  /** The only Origin that may use it; null: any allowed one, or none at all. */
  origin: string | null;
}

export interface TicketStore {
  mint(claims: TicketClaims): Promise<{ ticket: string; expiresAt: Date }>;
  /** Once, for whoever comes first; undefined for unknown, used and expired ones alike. */
  redeem(ticket: string): Promise<TicketClaims | undefined>;
}

export function visitorOf(claims: TicketClaims, ip: string | undefined): Visitor {
  const { userId, userName, kind, role, takeover, subject } = claims;
  return { user: { id: userId, name: userName }, kind, role, takeover, subject, ip };
}

export function ticketHash(ticket: string): string {
  return createHash('sha256').update(ticket).digest('hex');
}

/** Tickets of one process, for benches and unit tests. */
export class MemoryTickets implements TicketStore {
  private readonly open = new Map<string, TicketClaims & { expiresAt: number }>();

  constructor(private readonly clock: Clock) {}

  mint(claims: TicketClaims): Promise<{ ticket: string; expiresAt: Date }> {
    const ticket = newSecret();
    const expiresAt = this.clock.now() + TICKET_MS;
    this.open.set(ticketHash(ticket), { ...claims, expiresAt });
    return Promise.resolve({ ticket, expiresAt: new Date(expiresAt) });
  }

  redeem(ticket: string): Promise<TicketClaims | undefined> {
    const hash = ticketHash(ticket);
    const found = this.open.get(hash);
    this.open.delete(hash);
    return Promise.resolve(found && found.expiresAt > this.clock.now() ? found : undefined);
  }
}
