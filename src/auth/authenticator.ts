import { AppError } from '../common/errors/app-error.js';
import type { Clock } from '../common/clock.js';
import type { AuthRepository } from './auth.repository.js';
import type { LearnerTokens } from './learner-token.js';
import type { Principal } from './principal.js';
import { sha256 } from './secrets.js';

/** A revoked key works no longer than this on a service that did not revoke it itself. */
const CACHE_MS = 10_000;
const CACHE_SIZE = 1000;

/** Turns an Authorization header into a principal. */
export class Authenticator {
  private readonly keys = new Map<string, { principal: Principal; until: number }>();

  constructor(
    private readonly repository: AuthRepository,
    private readonly tokens: LearnerTokens,
    private readonly clock: Clock,
  ) {}

  async authenticate(header: string | undefined): Promise<Principal> {
    const found = /^Bearer ([\w.~+/=-]{1,2048})$/i.exec(header ?? '');
    const credential = found?.[1];
    if (credential === undefined) {
      throw new AppError('unauthenticated', 'Send "Authorization: Bearer <API key or learner token>".');
    }
    return credential.startsWith('whk_') ? this.byKey(credential) : this.byToken(credential);
  }

  /** Called at revocation: the key stops working at once here. */
  forget(hash: string): void {
    this.keys.delete(hash);
  }

  private async byKey(key: string): Promise<Principal> {
    const hash = sha256(key);
    const cached = this.keys.get(hash);
    if (cached && cached.until > this.clock.monotonic()) return cached.principal;
    this.keys.delete(hash);
    const row = await this.repository.findByKey(key);
    const expired = row?.expiresAt != null && row.expiresAt.getTime() <= this.clock.now();
    if (!row || row.revokedAt || expired)
      throw new AppError('unauthenticated', 'The API key is unknown, expired or revoked.');
    const kind = row.scopes.includes('admin') ? 'operator' : 'platform';
    const principal: Principal = { kind, tenantId: row.tenantId, scopes: row.scopes, subject: row.id };
    if (this.keys.size >= CACHE_SIZE) this.keys.clear();
    this.keys.set(hash, { principal, until: this.clock.monotonic() + CACHE_MS });
    return principal;
  }

  private async byToken(token: string): Promise<Principal> {
    const claims = await this.tokens.verify(token);
    return {
      kind: 'learner',
      tenantId: claims.tenantId,
      userId: claims.userId,
      scopes: [],
      subject: claims.userId,
    };
  }
}
