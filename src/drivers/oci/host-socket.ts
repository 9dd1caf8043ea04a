import type { Socket } from 'node:net';
import { systemClock } from '../../common/clock.js';
import { TokenBucket } from '../../terminal/token-bucket.js';
import { SocketFile } from './socket-file.js';

/** New connections in a burst, and per second after it. A command makes one. */
const BURST = 32;
const PER_SECOND = 8;
/** How long a socket that was flooded refuses. */
const PAUSE_MS = 1000;

export interface HostSocketOptions {
  folder: string;
  name: string;
  onConnection: (socket: Socket) => void;
  onFlood: () => void;
}

/**
 * A socket for a lab host. Whoever opens connections without end would keep this process busy with nothing else, so
 * the socket is given up for a second then: the kernel refuses in the meantime, at the learner's cost.
 */
export class HostSocket {
  private readonly bucket = new TokenBucket(systemClock, PER_SECOND, BURST);
  private file: SocketFile | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly o: HostSocketOptions) {}

  async open(): Promise<void> {
    const { folder, name } = this.o;
    const file = await SocketFile.listen({ folder, name, onConnection: (socket) => this.accept(socket) });
    if (this.closed) file.close();
    else this.file = file;
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.file?.close();
    this.file = undefined;
  }

  private accept(socket: Socket): void {
    if (this.file && this.bucket.take()) {
      this.o.onConnection(socket);
      return;
    }
    socket.destroy();
    if (!this.file) return;
    this.file.close();
    this.file = undefined;
    this.o.onFlood();
    // A lab host that is gone by then has no folder any more.
    this.timer = setTimeout(() => void this.open().catch(() => undefined), PAUSE_MS).unref();
  }
}
