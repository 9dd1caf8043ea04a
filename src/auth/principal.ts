export const SCOPES = [
  'admin',
  'labs:read',
  'labs:write',
  'users:write',
  'sandboxes:read',
  'sandboxes:write',
  'events:read',
  'terminals:shadow',
  'terminals:takeover',
  'audit:read',
  'grades:write',
  'cohorts:read',
  'cohorts:write',
  'webhooks:read',
  'webhooks:write',
] as const;

export type Scope = (typeof SCOPES)[number];

/** What an instructor may do, and that only in the cohorts that they teach. */
export const INSTRUCTOR_SCOPES: readonly Scope[] = [
  'cohorts:read',
  'grades:write',
  'labs:read',
  'sandboxes:read',
  'terminals:shadow',
  'terminals:takeover',
];

/**
 * Who makes a request. Learners and instructors are users; a platform and the operator act for their tenant.
 */
export interface Principal {
  kind: 'platform' | 'learner' | 'instructor' | 'operator';
  tenantId: string;
  userId?: string;
  /** Of a learner's token that is bound to a cohort. */
  cohortId?: string;
  /** Of an instructor: ids of the cohorts that they teach now. */
  taught?: ReadonlySet<string>;
  scopes: string[];
  /** Stable name for idempotency and logs: key id or user id. */
  subject: string;
}
