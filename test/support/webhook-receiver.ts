import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { webcrypto } from 'node:crypto';
import type { FeedEvent } from '../../src/events/feed.js';

export interface Received {
  id: string;
  body: { type: string; timestamp: string; data: FeedEvent };
}

/** A platform's endpoint: checks each signature by the words of Standard Webhooks, and can be away for a while. */
export class WebhookReceiver {
  secret = '';
  /** In order of arrival, repeats included. */
  readonly all: Received[] = [];
  readonly wrong: string[] = [];
  /** Status of the answer to a message; 204 when it says nothing. */
  answer: (message: Received) => number | Promise<number> = () => 204;
  /** What time it is here, ms. */
  now: () => number = Date.now;
  private server: Server | undefined;
  private port = 0;
  private readonly waiting = new Set<() => void>();

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  async open(): Promise<void> {
    this.server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => void parts.push(part));
      request.on('end', () => {
        void this.take(request.headers, Buffer.concat(parts).toString('utf8')).then((status) => {
          response.writeHead(status).end();
        });
      });
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server?.close();
    this.server?.closeAllConnections();
    await once(this.server!, 'close');
  }

  /** Messages as a platform keeps them: a repeat of an id is dropped. */
  get kept(): Received[] {
    const seen = new Set<string>();
    return this.all.filter(({ id }) => !seen.has(id) && seen.add(id));
  }

  /** Until `test` holds; asked after each message. */
  async until(test: (kept: Received[]) => boolean, ms = 60_000): Promise<void> {
    if (test(this.kept)) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(new Error(`not within ${ms} ms; ${this.all.length} messages, wrong: ${this.wrong.join()}`)),
        ms,
      );
      const look = () => {
        if (!test(this.kept)) return;
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve();
      };
      this.waiting.add(look);
    });
  }

  private async take(headers: IncomingHttpHeaders, text: string): Promise<number> {
    const id = String(headers['webhook-id']);
    const problem = await this.check(id, headers, text);
    if (problem !== undefined) {
      this.wrong.push(problem);
      return 400;
    }
    const message = { id, body: JSON.parse(text) as Received['body'] };
    const status = await this.answer(message);
    if (status < 300) this.all.push(message);
    for (const look of this.waiting) look();
    return status;
  }

  private async check(id: string, headers: IncomingHttpHeaders, text: string): Promise<string | undefined> {
    const time = String(headers['webhook-timestamp']);
    if (Math.abs(this.now() / 1000 - Number(time)) > 300) return `${id}: the time is ${time}`;
    const raw = Uint8Array.from(atob(this.secret.replace('whsec_', '')), (c) => c.codePointAt(0)!);
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const key = await webcrypto.subtle.importKey('raw', raw, algorithm, false, ['sign']);
    const mac = await webcrypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${id}.${time}.${text}`));
    const wanted = `v1,${btoa(String.fromCodePoint(...new Uint8Array(mac)))}`;
    return headers['webhook-signature'] === wanted ? undefined : `${id}: the signature does not fit`;
  }
}
