import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { ClusterAccess } from '../drivers/cluster-driver.js';
import { connectionError, KubeError, statusError } from './kube-error.js';

export interface KubeRequest {
  method?: 'GET' | 'POST' | 'PATCH';
  /** Of the body; plain JSON by default. */
  contentType?: string;
  /** Absolute path with its query. */
  path: string;
  body?: unknown;
  /** Of connection, headers and body together. */
  timeoutMs: number;
  /** More than this rejects with `too-large`; nothing more is read. */
  maxBytes: number;
  signal?: AbortSignal;
}

export interface KubeResponse {
  status: number;
  text: string;
}

/**
 * HTTP to one API server, at one address and with one CA, whatever any kubeconfig says. Connections are kept between
 * requests; a stream has one of its own. Rejects with KubeError.
 */
export class KubeTransport {
  private readonly agent: Agent;
  private readonly streams: Agent;
  private readonly base: URL;

  constructor(access: ClusterAccess) {
    this.base = new URL(access.server);
    const { ca, cert, key } = access;
    const identity = { ca, cert, key, rejectUnauthorized: true, minVersion: 'TLSv1.2' } as const;
    this.agent = new Agent({
      ...identity,
      keepAlive: true,
      maxSockets: 4,
      maxFreeSockets: 1,
      timeout: 60_000,
    });
    this.streams = new Agent({ ...identity, keepAlive: false, maxCachedSessions: 8 });
  }

  /** The whole answer; error statuses reject. */
  async fetch(o: KubeRequest): Promise<KubeResponse> {
    const { status, text } = await this.fetchAny(o);
    if (status >= 400) throw statusError(status, text);
    return { status, text };
  }

  /** The whole answer, whatever its status. */
  fetchAny(o: KubeRequest): Promise<KubeResponse> {
    return new Promise((resolve, reject) => {
      const body = o.body === undefined ? undefined : JSON.stringify(o.body);
      const sent = this.send(this.agent, { ...o, body });
      let ended = false;
      const end = (settle: () => void): void => {
        if (ended) return;
        ended = true;
        clearTimeout(timer);
        o.signal?.removeEventListener('abort', abort);
        settle();
      };
      const fail = (error: KubeError): void => {
        end(() => reject(error));
        sent.destroy();
      };
      const timer = setTimeout(
        () => fail(new KubeError('timeout', `${o.path}: no answer within ${o.timeoutMs} ms`)),
        o.timeoutMs,
      );
      const abort = (): void => fail(new KubeError('aborted', 'no longer wanted'));
      o.signal?.addEventListener('abort', abort, { once: true });
      if (o.signal?.aborted) abort();
      sent.on('error', (error) => fail(connectionError(error)));
      sent.on('response', (response) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on('data', (part: Buffer) => {
          bytes += part.length;
          if (bytes > o.maxBytes)
            return fail(new KubeError('too-large', `${o.path}: more than ${o.maxBytes} bytes`));
          parts.push(part);
        });
        response.on('error', (error) => fail(connectionError(error)));
        response.on('end', () =>
          end(() =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
          ),
        );
      });
    });
  }

  /** An answer without end, from its first byte on. The caller destroys it. */
  open(o: { path: string; timeoutMs: number; signal: AbortSignal }): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = this.send(this.streams, { path: o.path });
      const fail = (error: KubeError): void => {
        clearTimeout(timer);
        o.signal.removeEventListener('abort', abort);
        reject(error);
        sent.destroy();
      };
      const timer = setTimeout(
        () => fail(new KubeError('timeout', `${o.path}: no answer within ${o.timeoutMs} ms`)),
        o.timeoutMs,
      );
      const abort = (): void => fail(new KubeError('aborted', 'no longer wanted'));
      o.signal.addEventListener('abort', abort, { once: true });
      if (o.signal.aborted) abort();
      sent.on('error', (error) => fail(connectionError(error)));
      sent.on('response', (response) => {
        clearTimeout(timer);
        o.signal.removeEventListener('abort', abort);
        const { statusCode = 0 } = response;
        if (statusCode < 400) return resolve(response);
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          if (text.length < 4096) text += part;
        });
        response.on('error', (error) => fail(connectionError(error)));
        response.on('end', () => fail(statusError(statusCode, text)));
      });
    });
  }

  close(): void {
    this.agent.destroy();
    this.streams.destroy();
  }

  private send(
    agent: Agent,
    o: { method?: string; path: string; body?: string; contentType?: string },
  ): ClientRequest {
    const secure = this.base.protocol === 'https:';
    const headers: Record<string, string> = { Accept: 'application/json', 'User-Agent': 'wheelhouse' };
    if (o.body !== undefined) {
      headers['Content-Type'] = o.contentType ?? 'application/json';
      headers['Content-Length'] = String(Buffer.byteLength(o.body));
    }
    const options: RequestOptions = {
      method: o.method ?? 'GET',
      hostname: this.base.hostname.replace(/^\[|\]$/g, ''),
      port: this.base.port || (secure ? 443 : 80),
      path: o.path,
      headers,
      ...(secure ? { agent } : {}),
    };
    // Plain HTTP serves tests on loopback; no driver gives such an address.
    const sent = secure ? httpsRequest(options) : httpRequest(options);
    sent.on('socket', (socket) => socket.setKeepAlive(true, 15_000));
    sent.end(o.body);
    return sent;
  }
}
