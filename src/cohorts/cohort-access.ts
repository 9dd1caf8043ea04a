import { assertScope } from '../auth/access.js';
import type { Principal } from '../auth/principal.js';
import type { Cohort } from './cohort.js';
import { type CohortBook, noCohort } from './cohort-book.js';

/** The cohort, for whoever may see it: platforms with the scope, and its own instructors. Others learn nothing of it. */
export function seenCohort(book: CohortBook, principal: Principal, ref: string): Cohort {
  assertScope(principal, 'cohorts:read');
  const cohort = book.find(principal.tenantId, ref);
  const seen = cohort && (principal.kind !== 'instructor' || principal.taught?.has(cohort.id) === true);
  if (!seen) throw noCohort(ref);
  return cohort;
}

/** As `seenCohort`, for what changes the cohort itself: platforms only. */
export function writableCohort(book: CohortBook, principal: Principal, ref: string): Cohort {
  assertScope(principal, 'cohorts:write');
  const cohort = book.find(principal.tenantId, ref);
  if (!cohort) throw noCohort(ref);
  return cohort;
}
