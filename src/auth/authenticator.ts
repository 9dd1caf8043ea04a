import { AppError } from '../common/errors/app-error.js';
import type { Clock } from '../common/clock.js';
import type { AuthRepository } from './auth.repository.js';
import type { LearnerTokens } from './learner-token.js';
import { INSTRUCTOR_SCOPES, type Principal } from './principal.js';
import { sha256 } from './secrets.js';

/** A revoked key works no longer than this on a service that did not revoke it itself. */
const CACHE_MS = 10_000;
const CACHE_SIZE = 1000;
/** The same for an instructor who was taken out of a cohort. */
const TAUGHT_MS = 5000;

/** Turns an Authorization header into a principal. */
export class Authenticator {
  private readonly keys = new Map<string, { principal: Principal; until: number }>();
  private readonly taught = new Map<string, { cohorts: ReadonlySet<string>; until: number }>();

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

  /** Called when somebody became or is no longer an instructor of a cohort: it counts at once here. */
  forgetTaught(): void {
    this.taught.clear();
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
    const { tenantId, userId, kind, cohortId } = await this.tokens.verify(token);
    const user = { tenantId, userId, subject: userId };
    if (kind === 'instructor') {
      const taught = await this.taughtBy(tenantId, userId);
      return { kind, ...user, scopes: [...INSTRUCTOR_SCOPES], taught };
    }
    return { kind: 'learner', ...user, scopes: [], ...(cohortId === undefined ? {} : { cohortId }) };
  }

  private async taughtBy(tenantId: string, userId: string): Promise<ReadonlySet<string>> {
    const known = this.taught.get(userId);
    if (known && known.until > this.clock.monotonic()) return known.cohorts;
    const cohorts = new Set(await this.repository.taughtBy(tenantId, userId));
    if (this.taught.size >= CACHE_SIZE) this.taught.clear();
    this.taught.set(userId, { cohorts, until: this.clock.monotonic() + TAUGHT_MS });
    return cohorts;
  }
}
