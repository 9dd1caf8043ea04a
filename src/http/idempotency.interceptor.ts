import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { Response } from 'express';
import { firstValueFrom, from, type Observable } from 'rxjs';
import type { AuthenticatedRequest } from '../auth/current-principal.js';
import { sha256 } from '../auth/secrets.js';
import { AppError } from '../common/errors/app-error.js';
import type { IdempotencyRepository } from './idempotency.repository.js';

const KEY = /^[\x21-\x7e]{1,200}$/;

/** `Idempotency-Key` on any POST: the first answer is kept 24 h and given again, with `Idempotency-Replayed: true`. */
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly repository: IdempotencyRepository) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const sent = request.headers['idempotency-key'];
    if (request.method !== 'POST' || typeof sent !== 'string' || !request.principal) return next.handle();
    return from(this.once(context, next, sent));
  }

  private async once(context: ExecutionContext, next: CallHandler, sent: string): Promise<unknown> {
    if (!KEY.test(sent)) {
      throw new AppError('validation_failed', 'Idempotency-Key: use 1 to 200 visible ASCII characters.');
    }
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const response = context.switchToHttp().getResponse<Response>();
    const { tenantId, subject } = request.principal!;
    const key = `${subject}:${sent}`;
    const claim = await this.repository.claim(
      tenantId,
      key,
      sha256(JSON.stringify([request.originalUrl, request.body])),
    );
    switch (claim.kind) {
      case 'mismatch':
        throw new AppError(
          'idempotency_mismatch',
          'This Idempotency-Key was used with another path or body.',
        );
      case 'in_flight':
        throw new AppError('idempotency_in_flight', 'The same request is still running.', { retryAfter: 1 });
      case 'replay':
        response.status(claim.status).setHeader('Idempotency-Replayed', 'true');
        return claim.response;
      case 'ours':
        return this.run(next, response, { tenantId, key });
    }
  }

  private async run(
    next: CallHandler,
    response: Response,
    id: { tenantId: string; key: string },
  ): Promise<unknown> {
    try {
      const body: unknown = await firstValueFrom(next.handle(), { defaultValue: null });
      await this.repository.complete(id.tenantId, id.key, { status: response.statusCode, response: body });
      return body;
    } catch (error) {
      await this.repository.abandon(id.tenantId, id.key).catch(() => undefined);
      throw error;
    }
  }
}
