import type { Clock } from '../common/clock.js';

/** Bytes one write may take from the event loop's turn. */
const SLICE = 16 * 1024;
const RETRY_MIN_MS = 1;
const RETRY_MAX_MS = 20;
const STALL_MS = 30_000;

export interface InputSink {
  /** Writes what the kernel takes and returns how much that was; 0 = would block. Throws when the other end is gone. */
  writeSome(bytes: Buffer): number;
  accepted(bytes: number): void;
  /** Nothing was taken for 30 s; `lost` bytes were thrown away. */
  stalled(lost: number): void;
}

/**
 * Input on its way to a PTY. libuv would retry a full terminal in a busy loop (three quarters of a core for a command
 * that never reads), so the queue polls with growing pauses instead, and gives up after 30 s.
 */
export class InputQueue {
  private chunks: Buffer[] = [];
  private size = 0;
  private retryMs = RETRY_MIN_MS;
  private blockedSince: number | undefined;
  private cancel: (() => void) | undefined;
  private closed = false;

  constructor(
    private readonly sink: InputSink,
    private readonly clock: Clock,
    private readonly capacity = 256 * 1024,
  ) {}

  get queued(): number {
    return this.size;
  }

  /** False when it does not fit whole; then nothing was taken. */
  push(bytes: Buffer): boolean {
    if (this.closed || this.size + bytes.length > this.capacity) return false;
    if (bytes.length === 0) return true;
    this.chunks.push(bytes);
    this.size += bytes.length;
    if (!this.cancel) this.run();
    return true;
  }

  close(): void {
    this.closed = true;
    this.cancel?.();
    this.cancel = undefined;
    this.chunks = [];
    this.size = 0;
  }

  private run(): void {
    this.cancel = undefined;
    const head = this.chunks[0];
    if (!head || this.closed) return;
    const taken = this.sink.writeSome(head.length > SLICE ? head.subarray(0, SLICE) : head);
    if (taken === 0) return this.wait();
    this.blockedSince = undefined;
    this.retryMs = RETRY_MIN_MS;
    this.size -= taken;
    if (taken === head.length) this.chunks.shift();
    else this.chunks[0] = head.subarray(taken);
    this.sink.accepted(taken);
    if (this.size > 0) this.later(0);
  }

  private wait(): void {
    const now = this.clock.monotonic();
    this.blockedSince ??= now;
    if (now - this.blockedSince >= STALL_MS) {
      const lost = this.size;
      this.chunks = [];
      this.size = 0;
      this.blockedSince = undefined;
      this.retryMs = RETRY_MIN_MS;
      this.sink.stalled(lost);
      return;
    }
    this.later(this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, RETRY_MAX_MS);
  }

  private later(ms: number): void {
    this.cancel = this.clock.after(ms, () => this.run());
  }
}
