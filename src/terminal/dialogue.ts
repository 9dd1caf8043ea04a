import type { Clock } from '../common/clock.js';
import type { TerminalRegistry } from './terminal-registry.js';
import type { TicketClaims, TicketStore } from './ticket-store.js';

/** The inbound half of a connection: what one client says, in the order in which it said it. */
export interface Dialogue {
  message(data: Buffer, isBinary: boolean): void;
  /** The socket is gone; `code` as the peer or we gave it. */
  closed(code: number): void;
  /** The service goes down: say so, then close 1012. */
  shutdown(): void;
}

export interface DialogueDeps {
  registry: TerminalRegistry;
  tickets: TicketStore;
  clock: Clock;
  rateLimits: boolean;
}

/** What the upgrade found out. Without claims the first frame must bring the ticket. */
export interface Handshake {
  claims: TicketClaims | undefined;
  /** Whether claims that arrive later fit the Origin of this socket. */
  fits(claims: TicketClaims): boolean;
  /** The socket is authenticated now and no longer counts against the limit of those that are not. */
  authenticated(): void;
  cols: number;
  rows: number;
  /** Terminal that the path names; undefined where the ticket alone says which. */
  terminalId: string | undefined;
  /** Address of the peer. */
  ip: string | undefined;
}

/** Close codes with which a client leaves for good, so that no output is kept waiting for it. */
export function leftForGood(code: number): boolean {
  return code === 1000;
}
