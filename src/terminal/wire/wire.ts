import type { PtyExit } from '../pty/pty.js';

export type ExitReason = 'exited' | 'killed' | 'idle' | 'sandbox_ended' | 'limit' | 'shutdown';

export interface TerminalExit extends PtyExit {
  /** Offset behind the last byte. */
  seq: number;
  reason: ExitReason;
  /** ISO 8601 */
  at: string;
}

export interface AttachedInfo {
  tid: string;
  aid: string;
  epoch: string;
  /** Offset of the next output byte. */
  seq: number;
  head: number;
  mode: 'fresh' | 'delta' | 'replay';
  /** Size in force at `seq`. */
  cols: number;
  rows: number;
  driver: boolean;
  ring: number;
  graceSeconds: number;
  name: string;
}

export type WireErrorCode =
  | 'bad_message'
  | 'unknown_type'
  | 'locked'
  | 'input_too_big'
  | 'input_overflow'
  | 'input_stalled'
  | 'rate'
  | 'not_supported';

/**
 * One client's format on one socket. The session says what happens; the wire says it in its own words, or not at all
 * where the format has none for it.
 */
export interface Wire {
  readonly protocol: string;
  /** Input beyond the queue waits with the socket paused, where there are no words to refuse it. */
  readonly holdsInput: boolean;
  /** The client tells when it has eaten a replay; until then it sends no input of its user. */
  readonly confirmsReplay: boolean;
  /** Bytes that the socket has not yet given to the kernel. */
  readonly buffered: number;
  attached(info: AttachedInfo): void;
  /** `sent` is called once the bytes are with the kernel. `bytes` is not copied and never changes. */
  output(bytes: Buffer, sent: () => void): void;
  size(cols: number, rows: number, by: string | null): void;
  gap(from: number, to: number): void;
  replayEnd(seq: number): void;
  input(accepted: number, state: 'open' | 'full' | 'locked'): void;
  driver(aid: string | null, writable: boolean): void;
  exit(exit: TerminalExit): void;
  error(code: WireErrorCode, message: string, fatal?: boolean): void;
  pauseReading(): void;
  resumeReading(): void;
  close(code: number, reason: string): void;
}
