import { CommandError } from '../../linux/exec/command-error.js';
import { DriverError, type DriverErrorCode } from '../driver-error.js';

const CODES: Record<CommandError['failure'], DriverErrorCode> = {
  exit: 'command_failed',
  timeout: 'timeout',
  aborted: 'timeout',
  spawn: 'unavailable',
};

/** Every failure that leaves a driver is a DriverError. */
export function toDriverError(error: unknown): DriverError {
  if (error instanceof DriverError) return error;
  if (error instanceof CommandError)
    return new DriverError(CODES[error.failure], error.message, { cause: error });
  const { code, message } = error as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'EMFILE' || code === 'ENFILE' || code === 'EAGAIN';
  return new DriverError(full ? 'exhausted' : 'unavailable', message ?? String(error), { cause: error });
}

export async function asDriver<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toDriverError(error);
  }
}
