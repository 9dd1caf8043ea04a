import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Logger } from '../common/logger.js';
import type { Dialogue, DialogueDeps, Handshake } from './dialogue.js';
import * as limits from './limits.js';
import { startDialogue } from './start-dialogue.js';
import { chooseProtocol, TTY_PATH, UpgradeRefused, type Admitted, type UpgradeGate } from './upgrade-gate.js';

interface Connection {
  dialogue: Dialogue;
  socket: WebSocket;
  seenAt: number;
}

export interface TtyDeps extends DialogueDeps {
  /** An upgrade was refused. */
  refused?: (what: { code: string; ip: string | undefined; origin: string | undefined }) => void;
}

/** Turns upgrades into attached terminals. Knows `ws` and nothing of Nest, so that benches can run it bare. */
export class TtyServer {
  private readonly sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.MAX_MESSAGE,
    // The gate has found that there is one.
    handleProtocols: (offered, request) =>
      chooseProtocol([...offered].join(','), !isPlainPath(request.url ?? '')),
  });
  private readonly connections = new Set<Connection>();
  private readonly unauthenticated = new Map<string, number>();
  private draining = false;
  private cancelKeepalive: () => void;

  constructor(
    private readonly gate: UpgradeGate,
    private readonly deps: TtyDeps,
    private readonly logger: Logger,
  ) {
    this.cancelKeepalive = deps.clock.after(limits.KEEPALIVE_MS, () => this.keepalive());
  }

  /** For the `upgrade` event of an HTTP server. Never rejects: what fails becomes an HTTP answer. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    try {
      if (this.draining) throw new UpgradeRefused(503, 'shutting_down', 'The service is restarting.');
      const admitted = await this.gate.check(request);
      if (socket.destroyed) return;
      const release = admitted.claims ? () => undefined : this.countUnauthenticated(request);
      this.sockets.handleUpgrade(request, socket, head, (ws) => this.connect(ws, admitted, release));
    } catch (error) {
      this.refuse(request, socket, error);
    }
  }

  /** Tells every client, lets what is written go out, and closes 1012. New upgrades get 503 from now on. */
  async drain(): Promise<void> {
    this.draining = true;
    this.cancelKeepalive();
    const closed = [...this.connections].map(
      ({ socket, dialogue }) =>
        new Promise<void>((resolve) => {
          socket.once('close', () => resolve());
          dialogue.shutdown();
        }),
    );
    const late = setTimeout(() => {
      for (const { socket } of this.connections) socket.terminate();
    }, 2000);
    await Promise.all(closed);
    clearTimeout(late);
  }

  private connect(ws: WebSocket, admitted: Admitted, release: () => void): void {
    const handshake: Handshake = { ...admitted, authenticated: release };
    const dialogue = startDialogue(admitted.protocol, ws, this.deps, handshake);
    const connection = { dialogue, socket: ws, seenAt: this.deps.clock.monotonic() };
    this.connections.add(connection);
    ws.on('message', (data, isBinary) => dialogue.message(data as Buffer, isBinary));
    ws.on('pong', () => {
      connection.seenAt = this.deps.clock.monotonic();
    });
    ws.on('error', (error) => this.logger.debug({ err: error }, 'terminal socket failed'));
    ws.on('close', (code) => {
      release();
      this.connections.delete(connection);
      dialogue.closed(code);
    });
  }

  /** Sockets that have yet to bring a ticket are few, or they would be a way to fill the server. */
  private countUnauthenticated(request: IncomingMessage): () => void {
    const address = request.socket.remoteAddress ?? '';
    const here = this.unauthenticated.get(address) ?? 0;
    const all = [...this.unauthenticated.values()].reduce((sum, count) => sum + count, 0);
    if (here >= limits.UNAUTHENTICATED_PER_ADDRESS || all >= limits.UNAUTHENTICATED) {
      throw new UpgradeRefused(429, 'rate_limited', 'Too many sockets that have not shown a ticket.');
    }
    this.unauthenticated.set(address, here + 1);
    let counted = true;
    return () => {
      if (!counted) return;
      counted = false;
      const left = (this.unauthenticated.get(address) ?? 1) - 1;
      if (left > 0) this.unauthenticated.set(address, left);
      else this.unauthenticated.delete(address);
    };
  }

  private refuse(request: IncomingMessage, socket: Duplex, error: unknown): void {
    const known = error instanceof UpgradeRefused;
    const status = known ? error.status : 503;
    const code = known ? error.code : 'provider_unavailable';
    const detail = known ? error.message : 'The ticket could not be checked; try again.';
    if (known) {
      const what = { code, ip: request.socket.remoteAddress, origin: request.headers.origin };
      this.logger.info(what, 'terminal socket refused');
      this.deps.refused?.(what);
    } else this.logger.warn({ err: error }, 'terminal socket failed before the upgrade');
    const body = JSON.stringify({ type: 'about:blank', title: STATUS[status], status, code, detail });
    const retry = status === 429 ? 'Retry-After: 60\r\n' : status === 503 ? 'Retry-After: 1\r\n' : '';
    socket.end(
      `HTTP/1.1 ${status} ${STATUS[status]}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n` +
        `${retry}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }

  /** Pings are answered by the peer's WebSocket itself, even in a tab whose timers are throttled. */
  private keepalive(): void {
    const now = this.deps.clock.monotonic();
    for (const connection of this.connections) {
      const { socket, seenAt } = connection;
      // Time in which we do not listen does not count against the peer.
      if (socket.isPaused) connection.seenAt = now;
      if (now - seenAt > limits.DEAD_MS) socket.terminate();
      else socket.ping();
    }
    this.cancelKeepalive = this.deps.clock.after(limits.KEEPALIVE_MS, () => this.keepalive());
  }
}

function isPlainPath(url: string): boolean {
  return url.split('?', 1)[0] === TTY_PATH;
}

const STATUS: Record<UpgradeRefused['status'], string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};
