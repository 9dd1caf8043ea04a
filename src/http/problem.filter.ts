import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Logger } from '../common/logger.js';
import { toProblem } from './problem.js';
import { toAppError } from './to-app-error.js';

/** The one place where an error becomes an answer. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const appError = toAppError(error);
    if (appError.status >= 500) {
      this.logger.error(
        { err: appError.cause ?? error, code: appError.code, path: request.path },
        'request failed',
      );
    }
    // A stream that has begun can only be cut; its client resumes.
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (appError.retryAfter !== undefined)
      response.setHeader('Retry-After', String(Math.ceil(appError.retryAfter)));
    if (appError.code === 'unauthenticated') response.setHeader('WWW-Authenticate', 'Bearer');
    response
      .status(appError.status)
      .type('application/problem+json')
      .send(JSON.stringify(toProblem(appError, request.path)));
  }
}
