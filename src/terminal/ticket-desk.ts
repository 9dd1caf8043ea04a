import type { AuditLog } from '../audit/audit-log.js';
import { assertScope } from '../auth/access.js';
import type { Principal } from '../auth/principal.js';
import type { Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import type { UserRepository } from '../tenants/user.repository.js';
import * as limits from './limits.js';
import type { LiveTerminal } from './terminal-registry.js';
import type { TicketClaims, TicketStore } from './ticket-store.js';
import { TokenBucket } from './token-bucket.js';
import { cleanName, type Role } from './visitor.js';

export interface TicketWish {
  role: Role;
  takeover: boolean;
  /** External id of the person behind an API key, for the learner to read. */
  user?: string | undefined;
}

interface DeskDeps {
  tickets: TicketStore;
  users: UserRepository;
  audit: AuditLog;
  clock: Clock;
  rateLimits: boolean;
}

/** Decides what a ticket may be for, and mints it. */
export class TicketDesk {
  private readonly rates = new Map<string, TokenBucket>();

  constructor(private readonly deps: DeskDeps) {}

  /** `terminal` is one that the principal may see. */
  async mint(principal: Principal, terminal: LiveTerminal, wish: TicketWish, origin: string | null) {
    const claims = await this.claims(principal, terminal, wish, origin);
    this.assertRate(claims);
    const minted = await this.deps.tickets.mint(claims);
    const { tenantId, userId, role, takeover, subject } = claims;
    this.deps.audit.record({
      tenantId,
      actor: userId,
      action: 'ticket.minted',
      subject: terminal.session.id,
      detail: { role, takeover, credential: subject },
    });
    return minted;
  }

  /** Whom a ticket of this principal would let in, and with which rights. */
  async claims(
    principal: Principal,
    terminal: LiveTerminal,
    wish: TicketWish,
    origin: string | null,
  ): Promise<TicketClaims> {
    const { tenantId, session } = terminal;
    assertMay(principal, wish);
    const owner = wish.role === 'write' || principal.kind === 'learner';
    const user = owner ? await this.owner(terminal) : await this.instructor(principal, wish.user);
    return {
      tenantId,
      terminalId: session.id,
      userId: user.id,
      userName: cleanName(user.name, user.id),
      kind: owner ? 'owner' : 'instructor',
      role: wish.role,
      takeover: wish.takeover,
      subject: principal.subject,
      origin,
    };
  }

  forgetRates(): void {
    this.rates.clear();
  }

  private async owner({ tenantId, userId }: LiveTerminal): Promise<{ id: string; name: string }> {
    const row = await this.deps.users.byId(tenantId, userId);
    return { id: userId, name: row?.displayName ?? userId };
  }

  private async instructor(principal: Principal, user: string | undefined) {
    if (principal.userId !== undefined) {
      const own = await this.deps.users.byId(principal.tenantId, principal.userId);
      return { id: principal.userId, name: own?.displayName ?? principal.userId };
    }
    if (user === undefined) return { id: principal.subject, name: principal.subject };
    const row = await this.deps.users.find(principal.tenantId, user);
    if (!row) {
      const detail = `user: there is no user "${user}"; PUT /v1/users/${user} makes one.`;
      throw new AppError('validation_failed', detail);
    }
    return { id: row.id, name: row.displayName };
  }

  private assertRate({ tenantId, userId, terminalId }: TicketClaims): void {
    if (!this.deps.rateLimits) return;
    const key = `${tenantId} ${userId}`;
    let bucket = this.rates.get(key);
    if (!bucket) {
      bucket = new TokenBucket(this.deps.clock, limits.TICKETS_PER_MINUTE / 60, limits.TICKETS_PER_MINUTE);
      this.rates.set(key, bucket);
    }
    if (bucket.take()) return;
    this.deps.audit.limitHit({ tenantId, actor: userId, subject: terminalId, detail: { limit: 'tickets' } });
    const detail = `More than ${limits.TICKETS_PER_MINUTE} tickets a minute for this user.`;
    throw new AppError('rate_limited', detail, { retryAfter: 2 });
  }
}

function assertMay(principal: Principal, { role, takeover, user }: TicketWish): void {
  if (role === 'write' && (takeover || user !== undefined)) {
    throw new AppError('validation_failed', 'takeover and user belong to tickets of role "view".');
  }
  if (principal.kind === 'learner') {
    if (takeover || user !== undefined) {
      throw new AppError('forbidden', 'A learner drives its own terminals; there is nothing to take over.');
    }
    return;
  }
  if (principal.kind === 'instructor' && user !== undefined) {
    throw new AppError('forbidden', 'user: the learner is shown your own name. Leave the field out.');
  }
  assertScope(principal, role === 'write' ? 'sandboxes:write' : 'terminals:shadow');
  if (takeover) assertScope(principal, 'terminals:takeover');
}
