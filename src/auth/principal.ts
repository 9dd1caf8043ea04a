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
] as const;

export type Scope = (typeof SCOPES)[number];

/** Who makes a request. A learner has a user; a platform and the operator act for their tenant. */
export interface Principal {
  kind: 'platform' | 'learner' | 'operator';
  tenantId: string;
  userId?: string;
  scopes: string[];
  /** Stable name for idempotency and logs: key id or user id. */
  subject: string;
}
