import { Agent, request } from 'node:https';
import { Deadline } from '../../common/deadline.js';
import { DriverError } from '../driver-error.js';
import type { Credential } from './authority.js';

export interface KubeRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  body?: unknown;
  /** Of a PATCH. */
  contentType?: string;
  signal?: AbortSignal;
}

export interface KubeAnswer {
  status: number;
  body: unknown;
}

/** An API server on this very machine answers, or is not there. */
const TIMEOUT_MS = 3000;

/** One connection to a cluster's API server, which must prove itself by the cluster's own authority. */
export class KubeCall {
  private readonly agent: Agent;

  constructor(
    private readonly server: string,
    o: Credential & { ca: string },
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: 4, ca: o.ca, cert: o.cert, key: o.key });
  }

  /** Resolves with every answer, refusals included; rejects with `unavailable` when there is none. */
  send(call: KubeRequest): Promise<KubeAnswer> {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers = body === undefined ? {} : { 'Content-Type': call.contentType ?? 'application/json' };
    const deadline = new Deadline(TIMEOUT_MS, [call.signal]);
    const { signal } = deadline;
    const { agent } = this;
    const answer = new Promise<KubeAnswer>((resolve, reject) => {
      const fail = (error: Error): void => {
        const what = `${call.method} ${this.server}${call.path}`;
        reject(new DriverError('unavailable', `${what}: ${error.message}`, { cause: error }));
      };
      if (signal.aborted) return fail(new Error('cancelled'));
      const options = { agent, method: call.method, headers, signal };
      const sent = request(`${this.server}${call.path}`, options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', fail);
        response.once('end', () => {
          resolve({ status: response.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString('utf8')) });
        });
      });
      sent.once('error', fail);
      sent.end(body);
    });
    return answer.finally(() => deadline.release());
  }

  close(): void {
    this.agent.destroy();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Kubernetes' own words for a refusal. */
export function messageOf(body: unknown): string {
  if (typeof body === 'string') return body;
  const { message } = (body ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : '';
}
