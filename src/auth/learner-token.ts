import { decodeJwt, errors, jwtVerify, SignJWT } from 'jose';
import { AppError } from '../common/errors/app-error.js';

export interface LearnerClaims {
  tenantId: string;
  userId: string;
  /** What the token lets its holder be; absent = a learner. */
  kind?: 'instructor';
  /** The only cohort in which a learner's token allocates. */
  cohortId?: string;
}

export const TOKEN_TTL_S = 15 * 60;
const ISSUER = 'wheelhouse';

/** Signed, short-lived tokens of learners and instructors (HS256). */
export class LearnerTokens {
  constructor(private readonly secret: Uint8Array) {}

  async mint(claims: LearnerClaims, ttlSeconds = TOKEN_TTL_S): Promise<{ token: string; expiresAt: string }> {
    const expires = Math.floor(Date.now() / 1000) + ttlSeconds;
    const token = await new SignJWT({
      tnt: claims.tenantId,
      ...(claims.kind === undefined ? {} : { knd: claims.kind }),
      ...(claims.cohortId === undefined ? {} : { coh: claims.cohortId }),
    })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(claims.userId)
      .setIssuer(ISSUER)
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(this.secret);
    return { token, expiresAt: new Date(expires * 1000).toISOString() };
  }

  /** Rejects with `unauthenticated`; with `expired: true` the signature alone decides, for renewal. */
  async verify(
    token: string,
    o: { allowExpired?: boolean } = {},
  ): Promise<LearnerClaims & { expired: boolean }> {
    try {
      const { payload } = await jwtVerify(token, this.secret, { issuer: ISSUER, algorithms: ['HS256'] });
      return { ...claimsOf(payload), expired: false };
    } catch (error) {
      // jose checks the signature before the times, so an expired token is otherwise genuine.
      if (error instanceof errors.JWTExpired && o.allowExpired)
        return { ...claimsOf(decodeJwt(token)), expired: true };
      const why =
        error instanceof errors.JWTExpired
          ? 'The learner token has expired: renew it.'
          : 'The token is not valid.';
      throw new AppError('unauthenticated', why);
    }
  }
}

function claimsOf(payload: Record<string, unknown>): LearnerClaims {
  const { sub, tnt, knd, coh } = payload;
  if (typeof sub !== 'string' || typeof tnt !== 'string')
    throw new AppError('unauthenticated', 'The token is not valid.');
  return {
    userId: sub,
    tenantId: tnt,
    ...(knd === 'instructor' ? { kind: knd } : {}),
    ...(typeof coh === 'string' ? { cohortId: coh } : {}),
  };
}
