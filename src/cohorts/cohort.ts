/** A cohort of more could not be shown on one board. */
export const MAX_MEMBERS = 2000;

/** A lab whose clusters are warm when a class begins. */
export interface Prewarm {
  lab: string;
  count: number;
  /** ISO 8601. */
  at: string;
}

/** Who learns together, when, and with how much. */
export interface Cohort {
  tenantId: string;
  id: string;
  slug: string;
  title: string;
  opensAt: Date | null;
  closesAt: Date | null;
  /** Labs draw their parameters for each learner. */
  individualise: boolean;
  prewarm: Prewarm[];
  /** Living sandboxes at once; null = no limit. */
  maxSandboxes: number | null;
  maxSandboxesPerUser: number | null;
  createdAt: Date;
}

export type MemberRole = 'learner' | 'instructor';

export interface Member {
  userId: string;
  externalId: string;
  displayName: string;
  role: MemberRole;
  group: string | null;
}

export type CohortPhase = 'scheduled' | 'open' | 'closed';

/** Pure; `now` in ms since the epoch. */
export function phaseOf(cohort: Pick<Cohort, 'opensAt' | 'closesAt'>, now: number): CohortPhase {
  if (cohort.closesAt && cohort.closesAt.getTime() <= now) return 'closed';
  return cohort.opensAt && cohort.opensAt.getTime() > now ? 'scheduled' : 'open';
}
