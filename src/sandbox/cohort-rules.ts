import type { Principal } from '../auth/principal.js';
import { AppError } from '../common/errors/app-error.js';
import type { PoolRule } from './pool/pool-config.js';

/** What a cohort says of the sandboxes in it. */
export interface CohortTerms {
  id: string;
  individualise: boolean;
  /** Living sandboxes at once; null = no limit. */
  maxSandboxes: number | null;
  maxSandboxesPerUser: number | null;
}

/** What sandboxes and users need to know of cohorts; implemented by the feature. */
export abstract class CohortRules {
  /**
   * The cohort in which `userId` may allocate now; undefined when none was asked for and the principal is bound to none.
   * Rejects with not_found, forbidden, cohort_not_open or cohort_closed.
   */
  abstract admit(
    principal: Principal,
    o: { userId: string; cohort: string | undefined },
  ): Promise<CohortTerms | undefined>;
  /** Id of a cohort, by its id or name, of which the user is a learner. Rejects with not_found or forbidden. */
  abstract joined(tenantId: string, userId: string, cohort: string): Promise<string>;
  /** Throws cohort_not_open or cohort_closed. */
  abstract assertOpen(cohortId: string | null): void;
  /** Ms since the epoch; undefined = it does not close. */
  abstract closesAt(cohortId: string | null): number | undefined;
  /** Warm units that cohorts of this tenant ask for. */
  abstract prewarm(tenantId: string): PoolRule[];
}

/** A service without cohorts. */
export const noCohorts = {
  admit: (_principal, { cohort }) =>
    cohort === undefined ? Promise.resolve(undefined) : Promise.reject(unknown(cohort)),
  joined: (_tenantId, _userId, cohort) => Promise.reject(unknown(cohort)),
  assertOpen: () => undefined,
  closesAt: () => undefined,
  prewarm: () => [],
} satisfies CohortRules;

const unknown = (cohort: string): AppError =>
  new AppError('not_found', `There is no cohort "${cohort}". GET /v1/cohorts lists them.`);
