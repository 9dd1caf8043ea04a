import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupAddress } from 'node:dns';
import { Deadline } from '../common/deadline.js';
import { type AddressGuard, pinned } from './address-guard.js';

export const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 1024;
/** Of an answer, in what is kept of a failure. */
const MAX_QUOTE = 200;
const MAX_RETRY_AFTER_S = 3600;
/** Nobody was there: true of every event for this endpoint, not of this one. */
const NO_CONNECTION = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);

export interface Outcome {
  ok: boolean;
  /** Of the answer; null when there was none. */
  status: number | null;
  error: string | null;
  /** The endpoint asked to wait this long. */
  retryAfterMs: number;
  noConnection: boolean;
}

/** Posts once. Never throws; follows no redirect; reads at most 1 KiB of the answer; over after 10 s. */
export async function post(o: {
  url: URL;
  headers: Record<string, string>;
  body: string;
  guard: AddressGuard;
  signal?: AbortSignal;
  timeoutMs?: number;
}): Promise<Outcome> {
  const limit = o.timeoutMs ?? TIMEOUT_MS;
  const deadline = new Deadline(limit, [o.signal]);
  try {
    const addresses = await untilAborted(o.guard.addresses(o.url), deadline.signal);
    const response = await send({ ...o, addresses, signal: deadline.signal });
    const text = await readStart(response);
    return judge(response, text);
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    const known = code === 'REFUSED_ADDRESS' ? (error as Error).message : code || (error as Error).message;
    return {
      ok: false,
      status: null,
      error: deadline.passed ? `no answer within ${limit / 1000} s` : known.slice(0, MAX_QUOTE),
      retryAfterMs: 0,
      noConnection: !deadline.passed && NO_CONNECTION.has(code),
    };
  } finally {
    deadline.release();
  }
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
    if (signal.aborted) reject(new Error('stopped'));
    work.then(resolve, reject);
  });
}

function send(o: {
  url: URL;
  headers: Record<string, string>;
  body: string;
  addresses: LookupAddress[];
  signal: AbortSignal;
}): Promise<IncomingMessage> {
  const open = o.url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = open(o.url, {
      method: 'POST',
      // A connection of its own: one that was kept may lead to where the name pointed yesterday.
      agent: false,
      lookup: pinned(o.addresses),
      signal: o.signal,
      headers: {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(o.body)),
        'user-agent': 'wheelhouse-webhooks',
        connection: 'close',
        ...o.headers,
      },
    });
    request.once('error', (error) => reject(firstOf(error)));
    request.once('response', resolve);
    request.end(o.body);
  });
}

/** Several addresses were tried: why the first failed says enough. */
function firstOf(error: Error): Error {
  return error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
}

/** The beginning of the answer; the rest is cut off, however much there is. */
async function readStart(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    if (size >= MAX_ANSWER_BYTES) break;
  }
  response.destroy();
  return Buffer.concat(parts).subarray(0, MAX_ANSWER_BYTES).toString('utf8');
}

function judge(response: IncomingMessage, text: string): Outcome {
  const status = response.statusCode ?? 0;
  const ok = status >= 200 && status < 300;
  const quote = text
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_QUOTE);
  return {
    ok,
    status,
    error: ok ? null : `HTTP ${status}${quote === '' ? '' : `: ${quote}`}`,
    retryAfterMs: retryAfter(response.headers['retry-after']),
    noConnection: false,
  };
}

function retryAfter(header: string | undefined): number {
  if (header === undefined || !/^\d{1,9}$/.test(header)) return 0;
  return Math.min(Number(header), MAX_RETRY_AFTER_S) * 1000;
}
