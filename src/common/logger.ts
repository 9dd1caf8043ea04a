import { pino, type Logger as PinoLogger } from 'pino';

/** Structured logger. Message first is wrong for pino: `log.info({ sandbox: id }, 'ready')`. */
export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error'>;

/** Errors of libraries carry whole clients; the log needs what tells them apart. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return { name, message, code, stack, ...(cause === undefined ? {} : { cause: describeError(cause) }) };
}

export function createLogger(level: string): PinoLogger {
  return pino({
    level,
    base: undefined,
    serializers: { err: describeError },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ['*.token', '*.ticket', '*.authorization', 'token', 'ticket', 'authorization'],
  });
}

export const silentLogger: Logger = pino({ level: 'silent' });
