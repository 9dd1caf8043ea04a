import { AppError } from '../common/errors/app-error.js';
import type { Principal, Scope } from './principal.js';

/** A sandbox of someone else answers as if it did not exist. */
export function assertCanUseSandbox(
  principal: Principal,
  sandbox: { tenantId: string; userId: string; cohortId?: string | null },
): void {
  const sameTenant = principal.tenantId === sandbox.tenantId;
  if (!sameTenant || !isTheirs(principal, sandbox))
    throw new AppError('not_found', 'There is no sandbox with this id.');
}

function isTheirs(principal: Principal, sandbox: { userId: string; cohortId?: string | null }): boolean {
  if (principal.kind === 'learner') return principal.userId === sandbox.userId;
  if (principal.kind === 'instructor') return principal.taught?.has(sandbox.cohortId ?? '') === true;
  return true;
}

/** The operator may do all of its tenant's things; learners have none of the platform scopes. */
export function assertScope(principal: Principal, scope: Scope): void {
  if (principal.scopes.includes('admin') || principal.scopes.includes(scope)) return;
  throw new AppError('forbidden', `This credential lacks the scope "${scope}".`);
}
