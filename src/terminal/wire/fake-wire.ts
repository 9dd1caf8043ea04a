import type { AttachedInfo, DriverInfo, PeerInfo, TerminalExit, Wire, WireErrorCode } from './wire.js';

/** A client in memory: keeps what it was told, and a socket that empties only when told. */
export class FakeWire implements Wire {
  readonly protocol = 'fake';
  readonly chunks: { at: number; bytes: Buffer }[] = [];
  readonly gaps: { from: number; to: number }[] = [];
  readonly sizes: { at: number; cols: number; rows: number }[] = [];
  readonly errors: WireErrorCode[] = [];
  readonly inputs: { n: number; state: string }[] = [];
  readonly drivers: DriverInfo[] = [];
  readonly notices: string[] = [];
  readonly informs = true;
  watching: PeerInfo[] = [];
  info: AttachedInfo | undefined;
  exited: TerminalExit | undefined;
  closed: { code: number; reason: string } | undefined;
  replayEndedAt: number | undefined;
  readingPaused = false;
  /** Offset of the next byte, counted as a client counts. */
  seq = 0;
  /** Bytes drawn since the last acknowledgement; without any, a client has nothing to acknowledge. */
  undeclared = 0;
  private inSocket: { bytes: number; sent: () => void }[] = [];

  constructor(
    readonly holdsInput = false,
    readonly confirmsReplay = true,
  ) {}

  get buffered(): number {
    return this.inSocket.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The kernel takes up to `count` frames. */
  drain(count = Infinity): void {
    for (let i = 0; i < count; i++) {
      const next = this.inSocket.shift();
      if (!next) return;
      next.sent();
    }
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks.map(({ bytes }) => bytes));
  }

  attached(info: AttachedInfo): void {
    this.info = info;
    this.seq = info.seq;
  }

  output(bytes: Buffer, sent: () => void): void {
    this.chunks.push({ at: this.seq, bytes });
    this.seq += bytes.length;
    this.undeclared += bytes.length;
    this.inSocket.push({ bytes: bytes.length, sent });
  }

  size(cols: number, rows: number): void {
    this.sizes.push({ at: this.seq, cols, rows });
  }

  gap(from: number, to: number): void {
    this.gaps.push({ from, to });
    this.seq = to;
    this.undeclared = 0;
  }

  replayEnd(seq: number): void {
    this.replayEndedAt = seq;
  }

  input(n: number, state: string): void {
    this.inputs.push({ n, state });
  }

  driver(info: DriverInfo): void {
    this.drivers.push(info);
  }

  peers(items: PeerInfo[]): void {
    this.watching = items;
  }

  notice(_level: string, code: string): void {
    this.notices.push(code);
  }

  exit(exit: TerminalExit): void {
    this.exited = exit;
    this.closed = { code: 1000, reason: 'exited' };
  }

  error(code: WireErrorCode): void {
    this.errors.push(code);
  }

  pauseReading(): void {
    this.readingPaused = true;
  }

  resumeReading(): void {
    this.readingPaused = false;
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }
}
