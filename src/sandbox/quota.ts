import { AppError } from '../common/errors/app-error.js';
import type { Entry } from './living.js';
import { LIVING } from './sandbox.machine.js';

/** Living sandboxes that there may be at once; null = no limit. */
export interface Quota {
  tenant: number | null;
  user: number | null;
  cohort: number | null;
  /** Of the user in the cohort. */
  userInCohort: number | null;
}

/** Whoever asks, or has one. */
export interface Holder {
  tenantId: string;
  userId: string;
  lab: { labId: string };
  cohort?: { id: string };
  quota?: Quota;
}

const ADVICE = 'Release one first.';

/** Throws quota_exceeded when one more would be too many. `coming` are requests whose sandbox is not living yet. */
export function assertQuota(request: Holder, entries: Iterable<Entry>, coming: Iterable<Holder>): void {
  const { quota } = request;
  if (!quota) return;
  const held = heldBy(entries, coming).filter((h) => h.tenantId === request.tenantId);
  const own = held.filter((h) => h.userId === request.userId);
  refuse('The tenant', held.length, quota.tenant);
  refuse('The user', own.length, quota.user);
  const { cohort } = request;
  if (!cohort) return;
  const inCohort = (h: Held): boolean => h.cohortId === cohort.id;
  refuse('The cohort', held.filter(inCohort).length, quota.cohort);
  refuse('The user in this cohort', own.filter(inCohort).length, quota.userInCohort);
}

function refuse(who: string, has: number, most: number | null): void {
  if (most === null || has < most) return;
  throw new AppError('quota_exceeded', `${who} has ${has} of ${most} sandboxes. ${ADVICE}`);
}

interface Held {
  tenantId: string;
  userId: string;
  cohortId: string | null;
}

/** Each learner's sandbox of a lab counts once, whether it lives or is just coming to life. */
function heldBy(entries: Iterable<Entry>, coming: Iterable<Holder>): Held[] {
  const held = new Map<string, Held>();
  for (const { row } of entries) {
    const { tenantId, userId, labId, cohortId } = row;
    if (userId === null || !LIVING.includes(row.state)) continue;
    held.set(`${tenantId} ${userId} ${labId}`, { tenantId, userId, cohortId });
  }
  for (const { tenantId, userId, lab, cohort } of coming)
    held.set(`${tenantId} ${userId} ${lab.labId}`, { tenantId, userId, cohortId: cohort?.id ?? null });
  return [...held.values()];
}
