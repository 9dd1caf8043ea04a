export interface PtyExit {
  /** Exit status of the command, or null when a signal ended it and no runtime translated that to 128+n. */
  code: number | null;
  signal: string | null;
}

/** News about input that `write` took: bytes that reached the kernel, or the loss of all that waited for 30 s. */
export type PtyInputEvent = { kind: 'accepted'; bytes: number } | { kind: 'stalled'; lost: number };

/** A pseudo-terminal with one command on it. `onExit` fires once, after the last byte went to `onData`. */
export interface Pty {
  /** The buffer holds these bytes only during the call; who keeps them copies them. */
  onData(listener: (bytes: Buffer) => void): void;
  onExit(listener: (exit: PtyExit) => void): void;
  /** Optional: a PTY without it is taken to accept input at once. */
  onInput?(listener: (event: PtyInputEvent) => void): void;
  /** Queues input; false when the queue is full and nothing was taken. */
  write(bytes: Buffer): boolean;
  resize(cols: number, rows: number): void;
  /** Stops and restarts reading; the command blocks in write(2) when the kernel's buffer is full. */
  pause(): void;
  resume(): void;
  /** Sends INT, TERM, … to the foreground process group. */
  signal(name: string): Promise<void>;
  /** HUP, then TERM, then KILL; resolves when the command is gone. */
  kill(): Promise<void>;
}
