import type { Clock } from '../common/clock.js';
import type { ResumeRequest } from './attach-position.js';
import type { Attachment } from './attachment.js';
import type { Pty } from './pty/pty.js';
import type { Recorder } from './recording/recorder.js';
import type { TerminalSession } from './session.js';
import type { Size, SizePolicy } from './sizing.js';
import type { TakeoverChange } from './takeover.js';
import type { Visitor } from './visitor.js';
import type { TerminalExit } from './wire/wire.js';

export interface SessionOptions {
  id: string;
  name: string;
  size: Size;
  sizePolicy?: SizePolicy;
  ringBytes: number;
  /** How long the command goes on without anybody attached. */
  graceMs: number;
  clock: Clock;
  /** Starts the command; rejects when there is no terminal to be had. */
  open(size: Size): Promise<Pty>;
  events: SessionEvents;
  /** Writes what the terminal prints to a file; made when the command starts. */
  recorder?: ((session: TerminalSession) => Recorder) | undefined;
  /** Runs at the end of this turn; tests run it at once. */
  soon?: (run: () => void) => void;
}

export interface SessionEvents {
  started(epoch: string): void;
  /** The user sent a line. */
  enter(): void;
  activity(): void;
  joined(attachment: Attachment): void;
  left(attachment: Attachment): void;
  takeover(change: TakeoverChange): void;
  /** Somebody attached sent a signal to the command. */
  signalled(by: Attachment, name: string): void;
  /** Whether the learner follows its events, and so hears of what happens to its terminal. */
  learnerListens(): boolean;
  exited(exit: TerminalExit): void;
  /** Nothing is kept any more. */
  gone(): void;
}

export interface AttachRequest extends Size {
  visitor: Visitor;
  /** The client acknowledges what it has drawn. */
  acks: boolean;
  /** Most bytes of history wanted. */
  replay: number;
  resume?: ResumeRequest | undefined;
}
