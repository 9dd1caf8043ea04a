import type { LoggerService } from '@nestjs/common';
import type { Logger } from './common/logger.js';

/** Nest's own messages in our log; its start-up chatter only at debug. */
export function nestLogger(logger: Logger): LoggerService {
  const text = (message: unknown) => (typeof message === 'string' ? message : JSON.stringify(message));
  return {
    log: (message, ...rest) => logger.debug({ context: rest.at(-1) }, text(message)),
    debug: (message, ...rest) => logger.debug({ context: rest.at(-1) }, text(message)),
    verbose: (message, ...rest) => logger.debug({ context: rest.at(-1) }, text(message)),
    warn: (message, ...rest) => logger.warn({ context: rest.at(-1) }, text(message)),
    error: (message, ...rest) => logger.error({ context: rest.at(-1), stack: rest[0] }, text(message)),
  };
}
