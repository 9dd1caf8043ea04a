import { chmodSync, closeSync, constants, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { DriverError } from '../driver-error.js';
import { checkPublishedName, publishedDir } from './bundle.js';

/** Not among Node's constants. */
const O_PATH = 0x200000;
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

interface Bound {
  close(): void;
}

/** Unix sockets that lab hosts find under /run/wheelhouse, answered by this process. */
export class HostSockets {
  /** By container, then by name. */
  private readonly open = new Map<string, Map<string, Bound>>();
  private readonly connections = new Map<string, Set<Socket>>();

  constructor(private readonly o: { idleMs?: number } = {}) {}

  /** Replaces what is there under that name in one step. */
  async listen(request: SocketRequest): Promise<Bound> {
    checkPublishedName(request.name);
    const { host, name } = request;
    const server = createServer({ allowHalfOpen: true }, (socket) => this.accept(request, socket));
    const bound = await bind(server, publishedDir(request.bundle), name);
    const sockets = this.open.get(host) ?? new Map<string, Bound>();
    const before = sockets.get(name);
    const listening = {
      close: () => {
        if (sockets.get(name) === listening) sockets.delete(name);
        bound.close();
      },
    };
    this.open.set(host, sockets.set(name, listening));
    before?.close();
    return listening;
  }

  /** All sockets of a lab host that ends, and their connections. */
  closeHost(host: string): void {
    const sockets = [...(this.open.get(host)?.values() ?? [])];
    this.open.delete(host);
    for (const socket of this.connections.get(host) ?? []) socket.destroy();
    for (const socket of sockets) socket.close();
  }

  closeAll(): void {
    for (const host of [...this.open.keys()]) this.closeHost(host);
  }

  private accept({ host, onConnection }: SocketRequest, socket: Socket): void {
    const living = this.connections.get(host) ?? new Set<Socket>();
    if (living.size >= MAX_CONNECTIONS) {
      socket.destroy();
      return;
    }
    this.connections.set(host, living.add(socket));
    socket.on('close', () => {
      living.delete(socket);
      if (living.size === 0) this.connections.delete(host);
    });
    // Whoever is inside may go at any moment; 'close' follows.
    socket.on('error', () => undefined);
    socket.setTimeout(this.o.idleMs ?? IDLE_MS, () => socket.destroy());
    onConnection(socket);
  }
}

/**
 * Binds beside the name and renames, so that the name always leads to a living socket. By way of a descriptor of the
 * folder, as the path of a socket has 107 bytes at most and a state folder may have more.
 */
async function bind(server: Server, folder: string, name: string): Promise<Bound> {
  const fd = openFolder(folder);
  const file = `/proc/self/fd/${fd}/${name}`;
  const temporary = `/proc/self/fd/${fd}/.${name}.new`;
  try {
    rmSync(temporary, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path: temporary, exclusive: true }, resolve);
    });
    server.removeAllListeners('error');
    server.on('error', () => undefined);
    // The learner is nobody in the machine's eyes.
    chmodSync(temporary, 0o666);
    renameSync(temporary, file);
  } catch (error) {
    server.close();
    closeSync(fd);
    throw error;
  }
  const inode = statSync(file).ino;
  let closed = false;
  return {
    close: () => {
      if (closed) return;
      closed = true;
      if (statSync(file, { throwIfNoEntry: false })?.ino === inode) rmSync(file);
      // Removes the temporary name at once, through the descriptor. Connections go on, without new ones.
      server.close();
      closeSync(fd);
    },
  };
}

function openFolder(folder: string): number {
  try {
    return openSync(folder, O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new DriverError('not_found', `no lab host has the folder ${folder}`);
  }
}
