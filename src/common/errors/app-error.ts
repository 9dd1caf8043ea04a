import { catalogue, type ErrorCode } from './catalogue.js';

export interface FieldError {
  /** Path into the input, `objectives[2].assert`. */
  path: string;
  message: string;
  line?: number;
  column?: number;
}

/** An expected failure, shown to the client as problem+json. `detail` says what was wrong, where, and what to do. */
export class AppError extends Error {
  readonly status: number;
  readonly title: string;
  readonly retryable: boolean;
  readonly errors?: FieldError[];
  /** Seconds, sent as Retry-After. */
  readonly retryAfter?: number;

  constructor(
    readonly code: ErrorCode,
    readonly detail: string,
    options: { cause?: unknown; errors?: FieldError[]; retryAfter?: number } = {},
  ) {
    super(detail, { cause: options.cause });
    this.name = 'AppError';
    const entry = catalogue[code];
    this.status = entry.status;
    this.title = entry.title;
    this.retryable = entry.retryable;
    this.errors = options.errors;
    this.retryAfter = options.retryAfter;
  }
}
