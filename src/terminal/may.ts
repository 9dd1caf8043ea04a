import { assertScope } from '../auth/access.js';
import type { Principal } from '../auth/principal.js';

/** Learners act on their own terminals; platforms need the scope. */
export function mayWrite(principal: Principal): void {
  if (principal.kind !== 'learner') assertScope(principal, 'sandboxes:write');
}

export function mayRead(principal: Principal): void {
  if (principal.kind !== 'learner') assertScope(principal, 'sandboxes:read');
}
