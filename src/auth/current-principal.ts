import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { AppError } from '../common/errors/app-error.js';
import type { Principal } from './principal.js';

export type { Principal };

export interface AuthenticatedRequest extends Request {
  principal?: Principal;
}

/** The principal that the guard put on the request. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const principal = context.switchToHttp().getRequest<AuthenticatedRequest>().principal;
  if (!principal)
    throw new AppError('unauthenticated', 'Send "Authorization: Bearer <API key or learner token>".');
  return principal;
});
