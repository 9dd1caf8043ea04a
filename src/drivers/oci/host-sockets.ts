import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '../../common/logger.js';
import { checkPublishedName, publishedDir } from './bundle.js';
import { HostSocket } from './host-socket.js';

/** Of one lab host at once, over all its sockets. */
const MAX_CONNECTIONS = 8;
const IDLE_MS = 5 * 60_000;

export interface SocketRequest {
  /** Name of the lab host's container. */
  host: string;
  bundle: string;
  name: string;
  onConnection: (socket: Duplex) => void;
}

/** Unix sockets that lab hosts find under /run/wheelhouse, answered by this process. */
export class HostSockets {
  /** By container, then by name. */
  private readonly open = new Map<string, Map<string, HostSocket>>();
  private readonly connections = new Map<string, Set<Socket>>();

  constructor(private readonly o: { logger: Logger; idleMs?: number }) {}

  /** Replaces what is there under that name in one step. Closing the result twice is closing it once. */
  async listen(request: SocketRequest): Promise<{ close(): void }> {
    checkPublishedName(request.name);
    const { host, name } = request;
    const socket = new HostSocket({
      folder: publishedDir(request.bundle),
      name,
      onConnection: (connection) => this.accept(request, connection),
      onFlood: () => this.o.logger.warn({ host, socket: name }, 'too many connections to a socket'),
    });
    await socket.open();
    const sockets = this.open.get(host) ?? new Map<string, HostSocket>();
    const before = sockets.get(name);
    this.open.set(host, sockets.set(name, socket));
    before?.close();
    return {
      close: () => {
        if (sockets.get(name) === socket) sockets.delete(name);
        socket.close();
      },
    };
  }

  /** All sockets of a lab host that ends, and their connections. */
  closeHost(host: string): void {
    for (const socket of this.open.get(host)?.values() ?? []) socket.close();
    this.open.delete(host);
    for (const connection of this.connections.get(host) ?? []) connection.destroy();
  }

  closeAll(): void {
    for (const host of [...this.open.keys()]) this.closeHost(host);
  }

  private accept({ host, onConnection }: SocketRequest, connection: Socket): void {
    const living = this.connections.get(host) ?? new Set<Socket>();
    if (living.size >= MAX_CONNECTIONS) {
      connection.destroy();
      return;
    }
    this.connections.set(host, living.add(connection));
    connection.on('close', () => {
      living.delete(connection);
      if (living.size === 0) this.connections.delete(host);
    });
    // Whoever is inside may go at any moment; 'close' follows.
    connection.on('error', () => undefined);
    connection.setTimeout(this.o.idleMs ?? IDLE_MS, () => connection.destroy());
    onConnection(connection);
  }
}
