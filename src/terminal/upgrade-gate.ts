import type { IncomingMessage } from 'node:http';
import type { Clock } from '../common/clock.js';
import * as limits from './limits.js';
import { hostAllowed, originAllowed, type OriginPolicy } from './origin-policy.js';
import type { TicketClaims, TicketStore } from './ticket-store.js';
import { TokenBucket } from './token-bucket.js';
import { NATIVE_PROTOCOL } from './wire/native.js';

export const TTY_PATH = '/v1/tty';

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
  protocol: 'native' | 'raw';
  claims: TicketClaims | undefined;
  fits(claims: TicketClaims): boolean;
  cols: number;
  rows: number;
}

interface GateDeps {
  tickets: TicketStore;
  policy: OriginPolicy;
  clock: Clock;
  rateLimits: boolean;
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
    if (url.pathname !== TTY_PATH) {
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
    const protocol = chooseProtocol(request.headers['sec-websocket-protocol']);
    const ticket = url.searchParams.get('ticket');
    const claims = ticket === null ? undefined : await this.deps.tickets.redeem(ticket);
    const late = ticket === null && protocol === 'native';
    if (!late && (!claims || !fits(claims))) {
      throw new UpgradeRefused(
        401,
        'ticket_invalid',
        'The ticket is unknown, used, expired or not for this page.',
      );
    }
    return { protocol, claims, fits, cols: number(url, 'cols', 80), rows: number(url, 'rows', 24) };
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

/** The first token we know, in the client's order; without an offer, bytes and nothing else. */
function chooseProtocol(offer: string | undefined): 'native' | 'raw' {
  if (offer === undefined || offer.trim() === '') return 'raw';
  if (offer.split(',').some((token) => token.trim() === NATIVE_PROTOCOL)) return 'native';
  throw new UpgradeRefused(400, 'validation_failed', `Offer the subprotocol ${NATIVE_PROTOCOL}, or none.`);
}

function number(url: URL, name: string, fallback: number): number {
  const value = Number(url.searchParams.get(name) ?? fallback);
  return Number.isFinite(value) ? value : fallback;
}
