import { request } from 'node:http';
import { Deadline } from '../../common/deadline.js';
import { DriverError } from '../driver-error.js';

/** The engine answered, with a refusal. */
export class EngineError extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    what: string,
  ) {
    super(`the Docker engine refused ${what} (${status}): ${detail}`);
    this.name = 'EngineError';
  }
}

export interface EngineCall {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  /** An engine that works answers reads within milliseconds. */
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
}

const TIMEOUT_MS = 5000;

/** One request to the engine's socket. Rejects with EngineError, or DriverError where nobody answers. */
export function callEngine(socket: string, call: EngineCall): Promise<string> {
  const query = new URLSearchParams(call.query).toString();
  const path = query === '' ? call.path : `${call.path}?${query}`;
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const deadline = new Deadline(call.timeoutMs ?? TIMEOUT_MS, [call.signal]);
  const { signal } = deadline;
  const headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
  const answer = new Promise<string>((resolve, reject) => {
    const fail = (error: Error): void => {
      if (call.signal?.aborted)
        return reject(new DriverError('timeout', `${call.method} ${path}: cancelled`));
      const reason = deadline.passed ? `no answer to ${call.method} ${path} in time` : error.message;
      const detail = `the Docker engine at ${socket} does not answer: ${reason}`;
      reject(new DriverError('unavailable', detail, { cause: error }));
    };
    // A signal that has fired already makes the request throw at once.
    if (signal.aborted) return fail(new Error('aborted'));
    const sent = request({ socketPath: socket, method: call.method, path, headers, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', fail);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const status = response.statusCode ?? 0;
        if (status < 400) return resolve(text);
        reject(new EngineError(status, messageOf(text), `${call.method} ${path}`));
      });
    });
    sent.once('error', fail);
    sent.end(body);
  });
  return answer.finally(() => deadline.release());
}

function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : text;
  } catch {
    return text;
  }
}
