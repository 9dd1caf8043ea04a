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

/** Writes to standard output, or to standard error where that is the answer's. */
export function createLogger(level: string, fd: 1 | 2 = 1): PinoLogger {
  return pino(
    {
      level,
      base: undefined,
      serializers: { err: describeError },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: ['*.token', '*.ticket', '*.authorization', 'token', 'ticket', 'authorization'],
    },
    pino.destination({ fd, sync: true }),
  );
}

export const silentLogger: Logger = pino({ level: 'silent' });
