import type { IncomingMessage } from 'node:http';
import type { Clock } from '../common/clock.js';
import * as limits from './limits.js';
import { hostAllowed, originAllowed, type OriginPolicy } from './origin-policy.js';
import type { TicketClaims, TicketStore } from './ticket-store.js';
import { TokenBucket } from './token-bucket.js';
import { ALIS_PROTOCOL } from './wire/alis.js';
import { CHANNEL_PROTOCOLS, type ChannelProtocol } from './wire/channel.js';
import { NATIVE_PROTOCOL } from './wire/native.js';
import { TTYD_PROTOCOL } from './wire/ttyd.js';

export const TTY_PATH = '/v1/tty';
const TTYD_PATH = /^\/v1\/tty\/ttyd\/([A-Za-z0-9_-]{1,64})\/ws$/;

/** Formats by subprotocol; `raw` is what is spoken without one. */
export type TtyProtocol =
  'raw' | typeof NATIVE_PROTOCOL | typeof ALIS_PROTOCOL | typeof TTYD_PROTOCOL | ChannelProtocol;
const KNOWN: readonly TtyProtocol[] = [NATIVE_PROTOCOL, ...CHANNEL_PROTOCOLS, ALIS_PROTOCOL];

/** An answer before the 101. */
export class UpgradeRefused extends Error {
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 429 | 503,
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}

export interface Admitted {
  protocol: TtyProtocol;
  claims: TicketClaims | undefined;
  fits(claims: TicketClaims): boolean;
  cols: number;
  rows: number;
  /** Terminal that the path names, of ttyd. */
  terminalId: string | undefined;
  ip: string | undefined;
}

interface GateDeps {
  tickets: TicketStore;
  policy: OriginPolicy;
  clock: Clock;
  rateLimits: boolean;
  /** For programs that bring an API key or a learner token instead of a ticket. Never with an Origin or a Cookie. */
  bearer?: (authorization: string, terminalId: string) => Promise<TicketClaims | undefined>;
}

/** Everything that is checked before a socket becomes a WebSocket. */
export class UpgradeGate {
  private readonly refusals = new Map<string, TokenBucket>();

  constructor(private readonly deps: GateDeps) {}

  /** Rejects with UpgradeRefused. A ticket in the query is used up here. */
  async check(request: IncomingMessage): Promise<Admitted> {
    const address = request.socket.remoteAddress ?? '';
    this.assertPatience(address);
    try {
      return await this.examine(request);
    } catch (error) {
      if (error instanceof UpgradeRefused && error.status < 500) this.refused(address);
      throw error;
    }
  }

  private async examine(request: IncomingMessage): Promise<Admitted> {
    const url = new URL(request.url ?? '/', 'http://tty.invalid');
    const terminalId = TTYD_PATH.exec(url.pathname)?.[1];
    if (url.pathname !== TTY_PATH && terminalId === undefined) {
      throw new UpgradeRefused(404, 'not_found', `WebSockets are served at ${TTY_PATH} only.`);
    }
    const { origin, host } = request.headers;
    const { policy } = this.deps;
    if (host === undefined || !hostAllowed(policy, host)) {
      throw new UpgradeRefused(403, 'forbidden', 'This Host is not served; see WHEELHOUSE_ALLOWED_HOSTS.');
    }
    if (origin !== undefined && !originAllowed(policy, origin, host)) {
      throw new UpgradeRefused(
        403,
        'forbidden',
        'This Origin is not allowed; see WHEELHOUSE_ALLOWED_ORIGINS.',
      );
    }
    const fits = (claims: TicketClaims): boolean => claims.origin === null || claims.origin === origin;
    const protocol = chooseProtocol(request.headers['sec-websocket-protocol'], terminalId !== undefined);
    const claims = await this.claims(request, url, protocol);
    const late = url.searchParams.get('ticket') === null && BRINGS_TICKET.has(protocol);
    if (!late && (!claims || !fits(claims))) {
      throw new UpgradeRefused(
        401,
        'ticket_invalid',
        'The ticket is unknown, used, expired or not for this page.',
      );
    }
    if (protocol === ALIS_PROTOCOL && claims?.role !== 'view') {
      throw new UpgradeRefused(
        403,
        'forbidden',
        `${ALIS_PROTOCOL} only watches: mint a ticket of role "view".`,
      );
    }
    const ip = request.socket.remoteAddress;
    return {
      protocol,
      claims,
      fits,
      terminalId,
      ip,
      cols: number(url, 'cols', 80),
      rows: number(url, 'rows', 24),
    };
  }

  private async claims(
    request: IncomingMessage,
    url: URL,
    protocol: TtyProtocol,
  ): Promise<TicketClaims | undefined> {
    const ticket = url.searchParams.get('ticket');
    if (ticket !== null) return this.deps.tickets.redeem(ticket);
    const { authorization, origin, cookie } = request.headers;
    const terminal = url.searchParams.get('terminal');
    const isChannel = (CHANNEL_PROTOCOLS as readonly string[]).includes(protocol);
    const byPage = origin !== undefined || cookie !== undefined;
    if (!isChannel || byPage || authorization === undefined || terminal === null) return undefined;
    return this.deps.bearer?.(authorization, terminal);
  }

  private assertPatience(address: string): void {
    if (this.deps.rateLimits && this.refusals.get(address)?.take(0) === false) {
      throw new UpgradeRefused(
        429,
        'rate_limited',
        'Too many refused connections from this address; wait a minute.',
      );
    }
  }

  private refused(address: string): void {
    const perSecond = limits.REFUSALS_PER_MINUTE / 60;
    let bucket = this.refusals.get(address);
    if (!bucket) {
      // Addresses cost nothing to invent in IPv6; forgetting all of them at once is the bound.
      if (this.refusals.size >= 10_000) this.refusals.clear();
      bucket = new TokenBucket(this.deps.clock, perSecond, limits.REFUSALS_PER_MINUTE);
      this.refusals.set(address, bucket);
    }
    bucket.borrow(1);
  }
}

/** Their first frame may bring the ticket. */
const BRINGS_TICKET: ReadonlySet<TtyProtocol> = new Set<TtyProtocol>([NATIVE_PROTOCOL, TTYD_PROTOCOL]);

/** The first token we know, in the client's order; without an offer, bytes and nothing else. */
export function chooseProtocol(offer: string | undefined, onTtydPath: boolean): TtyProtocol {
  const known: readonly TtyProtocol[] = onTtydPath ? [TTYD_PROTOCOL] : KNOWN;
  if (!onTtydPath && (offer === undefined || offer.trim() === '')) return 'raw';
  const offered = (offer ?? '').split(',').map((token) => token.trim());
  const chosen = offered.flatMap((token) => known.find((name) => name === token) ?? [])[0];
  if (chosen) return chosen;
  const which = onTtydPath ? TTYD_PROTOCOL : `one of ${KNOWN.join(', ')}, or none`;
  throw new UpgradeRefused(400, 'validation_failed', `Offer the subprotocol ${which}.`);
}

function number(url: URL, name: string, fallback: number): number {
  const value = Number(url.searchParams.get(name) ?? fallback);
  return Number.isFinite(value) ? value : fallback;
}
