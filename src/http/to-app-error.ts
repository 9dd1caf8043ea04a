import { HttpException } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import { isDatabaseUnavailable } from '../database/unavailable.js';
import { DriverError } from '../drivers/driver-error.js';

/** What the body parser throws. */
interface ParserError {
  type: string;
  status: number;
  message: string;
}

function isParserError(error: unknown): error is ParserError {
  const e = error as Partial<ParserError> | null;
  return typeof e?.type === 'string' && typeof e.status === 'number' && e.status < 500;
}

/** Every failure becomes one entry of the catalogue; what nobody expected becomes `internal`, without its text. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof DriverError) {
    return new AppError('provider_unavailable', `The lab host provider failed: ${error.code}.`, {
      cause: error,
    });
  }
  if (isDatabaseUnavailable(error)) {
    return new AppError(
      'database_unavailable',
      'The database does not answer; nothing was changed. Try again.',
      {
        cause: error,
        retryAfter: 2,
      },
    );
  }
  if (isParserError(error)) return fromParser(error);
  if (error instanceof HttpException) return fromNest(error);
  return new AppError('internal', 'Something went wrong here. The log has the details.', { cause: error });
}

function fromParser(error: ParserError): AppError {
  if (error.type === 'entity.too.large') {
    return new AppError('payload_too_large', 'The body is larger than 1 MiB. Send less.', { cause: error });
  }
  return new AppError('validation_failed', `The body cannot be read: ${error.message}`, { cause: error });
}

function fromNest(error: HttpException): AppError {
  const inner = error.cause;
  if (isParserError(inner)) return fromParser(inner);
  switch (error.getStatus()) {
    case 400:
      return new AppError('validation_failed', error.message, { cause: error });
    case 404:
      return new AppError('not_found', 'There is nothing at this path. /openapi.json lists what there is.');
    case 413:
      return new AppError('payload_too_large', 'The body is larger than 1 MiB. Send less.');
    default:
      return new AppError('internal', 'Something went wrong here. The log has the details.', {
        cause: error,
      });
  }
}
