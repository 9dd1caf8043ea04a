import type { PtyExit } from '../pty/pty.js';
import type { Role, VisitorKind } from '../visitor.js';

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
  role: Role;
  writable: boolean;
  driver: boolean;
  ring: number;
  graceSeconds: number;
  recording: boolean;
  name: string;
}

export interface DriverInfo {
  /** null: nobody drives now. */
  aid: string | null;
  user: { id: string; name: string } | null;
  kind: VisitorKind;
  /** Whether the receiver may type. */
  writable: boolean;
  /** End of a take-over, ISO 8601, unless the instructor types. */
  until?: string;
}

export interface PeerInfo {
  aid: string;
  user: { id: string; name: string };
  kind: VisitorKind;
  role: Role;
  driver: boolean;
  protocol: string;
  /** ISO 8601 */
  since: string;
}

export type WireErrorCode =
  | 'bad_message'
  | 'unknown_type'
  | 'read_only'
  | 'taken_over'
  | 'locked'
  | 'forbidden'
  | 'learner_not_informable'
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
  /** The format can tell its user who drives and who watches. */
  readonly informs: boolean;
  /** Bytes that the socket has not yet given to the kernel. */
  readonly buffered: number;
  attached(info: AttachedInfo): void;
  /** `sent` is called once the bytes are with the kernel. `bytes` is not copied and never changes. */
  output(bytes: Buffer, sent: () => void): void;
  size(cols: number, rows: number, by: string | null): void;
  gap(from: number, to: number): void;
  replayEnd(seq: number): void;
  input(accepted: number, state: 'open' | 'full' | 'locked'): void;
  driver(info: DriverInfo): void;
  /** Everybody who is attached, for the owner. */
  peers(items: PeerInfo[]): void;
  exit(exit: TerminalExit): void;
  error(code: WireErrorCode, message: string, fatal?: boolean): void;
  notice(level: 'info' | 'warn', code: string, text: string): void;
  pauseReading(): void;
  resumeReading(): void;
  close(code: number, reason: string): void;
}
