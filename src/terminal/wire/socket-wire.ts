import type { Clock } from '../../common/clock.js';
import { CLOSE_WAIT_MS } from '../limits.js';

/** The part of a `ws` socket that wires use; benches and unit tests bring their own. */
export interface TtySocket {
  readonly bufferedAmount: number;
  send(data: Buffer | string, options: { binary: boolean }, sent?: () => void): void;
  pause(): void;
  resume(): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** What all formats have in common: when to read, and how to part. */
export abstract class SocketWire {
  private readonly reasons = new Set<'session' | 'rate' | 'opening'>();
  private closing = false;

  constructor(
    protected readonly socket: TtySocket,
    protected readonly clock: Clock,
  ) {}

  get buffered(): number {
    return this.socket.bufferedAmount;
  }

  output(bytes: Buffer, sent: () => void): void {
    this.socket.send(bytes, { binary: true }, sent);
  }

  pauseReading(reason: 'session' | 'rate' | 'opening' = 'session'): void {
    if (this.reasons.size === 0) this.socket.pause();
    this.reasons.add(reason);
  }

  resumeReading(reason: 'session' | 'rate' | 'opening' = 'session'): void {
    if (this.reasons.delete(reason) && this.reasons.size === 0) this.socket.resume();
  }

  close(code: number, reason: string): void {
    if (this.closing) return;
    this.closing = true;
    // A paused socket would never see the peer's answer.
    this.reasons.clear();
    this.socket.resume();
    this.socket.close(code, reason);
    this.clock.after(CLOSE_WAIT_MS, () => this.socket.terminate());
  }
}
