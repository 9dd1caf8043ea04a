import type { Pty, PtyExit, PtyInputEvent } from './pty.js';

/** A terminal without a kernel: gives back what it is sent, or what a test makes it say. Obeys pause. */
export class EchoPty implements Pty {
  readonly written: Buffer[] = [];
  readonly sizes: { cols: number; rows: number }[] = [];
  readonly signals: string[] = [];
  paused = false;
  killed = false;
  private waiting: Buffer[] = [];
  private end: PtyExit | undefined;
  private over = false;
  private data: (bytes: Buffer) => void = () => undefined;
  private exited: (exit: PtyExit) => void = () => undefined;
  private input: (event: PtyInputEvent) => void = () => undefined;

  constructor(private readonly options: { echo?: boolean } = {}) {}

  onData(listener: (bytes: Buffer) => void): void {
    this.data = listener;
  }

  onExit(listener: (exit: PtyExit) => void): void {
    this.exited = listener;
  }

  onInput(listener: (event: PtyInputEvent) => void): void {
    this.input = listener;
  }

  write(bytes: Buffer): boolean {
    if (this.over) return false;
    this.written.push(bytes);
    this.input({ kind: 'accepted', bytes: bytes.length });
    if (this.options.echo !== false) this.emit(bytes);
    return true;
  }

  /** The command writes; held back while paused, as the kernel would. */
  emit(bytes: Buffer | string): void {
    this.waiting.push(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    this.flow();
  }

  /** The command ends; a pause does not hold its last bytes back. */
  exit(exit: PtyExit = { code: 0, signal: null }): void {
    this.end ??= exit;
    this.paused = false;
    this.flow();
  }

  resize(cols: number, rows: number): void {
    this.sizes.push({ cols, rows });
  }

  pause(): void {
    this.paused = this.end === undefined;
  }

  resume(): void {
    this.paused = false;
    this.flow();
  }

  signal(name: string): Promise<void> {
    this.signals.push(name);
    return Promise.resolve();
  }

  kill(): Promise<void> {
    this.killed = true;
    this.exit({ code: null, signal: 'HUP' });
    return Promise.resolve();
  }

  private flow(): void {
    while (!this.paused) {
      const next = this.waiting.shift();
      if (!next) break;
      this.data(next);
    }
    if (this.end && !this.over && this.waiting.length === 0) {
      this.over = true;
      this.exited(this.end);
    }
  }
}
