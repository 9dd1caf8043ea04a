import { AppError } from '../common/errors/app-error.js';
import type { Principal, Scope } from './principal.js';

/** A sandbox of someone else answers as if it did not exist. */
export function assertCanUseSandbox(
  principal: Principal,
  sandbox: { tenantId: string; userId: string },
): void {
  const sameTenant = principal.tenantId === sandbox.tenantId;
  const own = principal.kind !== 'learner' || principal.userId === sandbox.userId;
  if (!sameTenant || !own) throw new AppError('not_found', 'There is no sandbox with this id.');
}

/** The operator may do all of its tenant's things; learners have none of the platform scopes. */
export function assertScope(principal: Principal, scope: Scope): void {
  if (principal.scopes.includes('admin') || principal.scopes.includes(scope)) return;
  throw new AppError('forbidden', `This credential lacks the scope "${scope}".`);
}
