/** What a question to an API server ended with, other than an answer. Who is to blame is for the caller to find out. */
export type KubeErrorCode =
  /** No answer within the time allowed. */
  | 'timeout'
  /** Nobody listens, or the connection broke. */
  | 'unreachable'
  /** The server's certificate is not of the pinned CA. */
  | 'certificate'
  /** 401, 403, or a refusal of an admission webhook. */
  | 'refused'
  | 'not-found'
  /** The watch or the page is too old: list again. */
  | 'gone'
  | 'conflict'
  /** More than may be read. */
  | 'too-large'
  | 'malformed'
  /** Any other status of 4xx. */
  | 'invalid'
  /** 5xx and 429. */
  | 'server'
  | 'aborted';

export class KubeError extends Error {
  constructor(
    readonly code: KubeErrorCode,
    detail: string,
    readonly status: number | null = null,
  ) {
    super(detail);
    this.name = 'KubeError';
  }
}

const BY_STATUS: Record<number, KubeErrorCode> = {
  401: 'refused',
  403: 'refused',
  404: 'not-found',
  409: 'conflict',
  410: 'gone',
  429: 'server',
};

/** The error of an answer with an error status; `body` may be a Kubernetes Status object. */
export function statusError(status: number, body: string): KubeError {
  const message = messageOf(body);
  // A webhook that refuses, or that cannot be called, is one that somebody registered.
  const refused = /admission webhook|calling webhook/.test(message);
  const code = refused ? 'refused' : (BY_STATUS[status] ?? (status >= 500 ? 'server' : 'invalid'));
  return new KubeError(code, `${status}: ${message}`, status);
}

function messageOf(body: string): string {
  try {
    const parsed = JSON.parse(body) as { message?: unknown };
    if (typeof parsed.message === 'string') return parsed.message.slice(0, 500);
  } catch {
    // Plain text.
  }
  return body.slice(0, 200);
}

const TLS = /^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_SSL)/;

/** The error of a connection that failed. */
export function connectionError(error: unknown): KubeError {
  if (error instanceof KubeError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new KubeError(TLS.test(code) ? 'certificate' : 'unreachable', `${code} ${message}`.trim());
}
