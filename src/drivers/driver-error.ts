export type DriverErrorCode =
  | 'invalid_spec'
  | 'busy'
  | 'exhausted'
  | 'conflict'
  | 'timeout'
  | 'command_failed'
  | 'unavailable'
  | 'unsupported'
  | 'not_found';

const RETRYABLE: ReadonlySet<DriverErrorCode> = new Set(['busy', 'timeout', 'unavailable']);

/** The only error a driver throws. `detail` may be shown to an operator, never to a learner. */
export class DriverError extends Error {
  readonly retryable: boolean;

  constructor(
    readonly code: DriverErrorCode,
    readonly detail: string,
    options?: { cause?: unknown },
  ) {
    super(`${code}: ${detail}`, options);
    this.name = 'DriverError';
    this.retryable = RETRYABLE.has(code);
  }
}
