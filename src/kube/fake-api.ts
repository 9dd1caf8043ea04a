import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClusterAccess } from '../drivers/cluster-driver.js';
import { keyOf, type KubeObject } from './object.js';

interface Stream {
  plural: string;
  response: ServerResponse;
}

type Answer = { status: number; body: unknown } | 'silence';

/** An API server for tests: lists and watches as the real one, on loopback, and every way of failing on demand. */
export class FakeApi {
  /** Of every request: `GET /api/v1/pods?…`. */
  readonly requests: string[] = [];
  private readonly objects = new Map<string, Map<string, KubeObject>>();
  private readonly streams = new Set<Stream>();
  private readonly held = new Set<ServerResponse>();
  private readonly answers: { match: RegExp; answer: Answer; times: number }[] = [];
  private version = 100;
  /** Watches from before this version are told that they are too old. */
  private oldest = 0;

  private constructor(private readonly server: Server) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) =>
      this.serve(request, response),
    );
  }

  static async start(): Promise<FakeApi> {
    const server = createServer();
    const api = new FakeApi(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  get access(): ClusterAccess {
    const { port } = this.server.address() as AddressInfo;
    const none = { ca: '', cert: '', key: '', user: 'test' };
    return { server: `http://127.0.0.1:${port}`, ...none, expiresAt: new Date(8.64e15) };
  }

  get watches(): number {
    return this.streams.size;
  }

  /** Makes or changes an object, and tells the watches. */
  put(
    plural: string,
    object: {
      metadata: { name: string; namespace?: string; [key: string]: unknown };
      [key: string]: unknown;
    },
  ): void {
    const all = this.of(plural);
    const key = keyOf(object as KubeObject);
    const type = all.has(key) ? 'MODIFIED' : 'ADDED';
    const stored: KubeObject = {
      ...object,
      metadata: { uid: `uid-of-${key}`, ...object.metadata, resourceVersion: String(++this.version) },
    };
    all.set(key, stored);
    this.tell(plural, { type, object: stored });
  }

  remove(plural: string, name: string, namespace = ''): void {
    const key = `${namespace}/${name}`;
    const object = this.of(plural).get(key);
    if (!object) return;
    this.of(plural).delete(key);
    const metadata = { ...object.metadata, resourceVersion: String(++this.version) };
    this.tell(plural, { type: 'DELETED', object: { ...object, metadata } });
  }

  bookmark(plural: string): void {
    this.tell(plural, {
      type: 'BOOKMARK',
      object: { metadata: { resourceVersion: String(++this.version) } },
    });
  }

  /** Writes raw text into every watch. */
  say(plural: string, text: string): void {
    for (const stream of this.streams) if (stream.plural === plural) stream.response.write(text);
  }

  /** Cuts every watch off, as a network does. */
  cut(): void {
    for (const { response } of this.streams) response.destroy();
    this.streams.clear();
  }

  /** What was before now is forgotten: a watch from there gets 410. */
  compact(): void {
    this.oldest = ++this.version;
  }

  /** Answers the next requests that fit otherwise; `silence` leaves them without any answer. */
  next(match: RegExp, answer: Answer, times = 1): void {
    this.answers.push({ match, answer, times });
  }

  async stop(): Promise<void> {
    this.cut();
    for (const response of this.held) response.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private of(plural: string): Map<string, KubeObject> {
    const all = this.objects.get(plural) ?? new Map<string, KubeObject>();
    this.objects.set(plural, all);
    return all;
  }

  private tell(plural: string, event: unknown): void {
    this.say(plural, `${JSON.stringify(event)}\n`);
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const line = `${request.method} ${request.url}`;
    this.requests.push(line);
    const special = this.answers.find(({ match, times }) => times > 0 && match.test(line));
    if (special) {
      special.times--;
      if (special.answer === 'silence') return void this.held.add(response);
      return send(response, special.answer.status, special.answer.body);
    }
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    if (pathname === '/version') return send(response, 200, { gitVersion: 'v1.34.4' });
    const plural = pathname.split('/').at(-1)!;
    if (!this.objects.has(plural)) return send(response, 404, { message: 'not found' });
    if (searchParams.get('watch') !== 'true') return this.list(plural, response);
    this.watch(plural, Number(searchParams.get('resourceVersion')), response);
  }

  private list(plural: string, response: ServerResponse): void {
    // Items of a real list do not say what they are either.
    const items = [...this.of(plural).values()].map((object) => ({
      ...object,
      apiVersion: undefined,
      kind: undefined,
    }));
    send(response, 200, { kind: 'List', metadata: { resourceVersion: String(this.version) }, items });
  }

  /** As the real one: what happened since then comes first. */
  private watch(plural: string, since: number, response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    if (since < this.oldest) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410 } })}\n`);
      return;
    }
    const stream = { plural, response };
    this.streams.add(stream);
    response.on('close', () => this.streams.delete(stream));
    for (const object of this.of(plural).values()) {
      if (Number(object.metadata.resourceVersion) > since)
        response.write(`${JSON.stringify({ type: 'MODIFIED', object })}\n`);
    }
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
