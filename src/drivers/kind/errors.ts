import { DriverError } from '../driver-error.js';
import { toDriverError } from '../oci/driver-errors.js';
import { EngineError } from './engine-http.js';

function fromEngine(error: EngineError): DriverError {
  const full = /no space left|could not find an available/i.test(error.detail);
  const code = error.status === 404 ? 'not_found' : full ? 'exhausted' : 'command_failed';
  return new DriverError(code, error.message, { cause: error });
}

/** Every failure that leaves the driver is a DriverError. */
export async function asClusterDriver<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof EngineError ? fromEngine(error) : toDriverError(error);
  }
}
