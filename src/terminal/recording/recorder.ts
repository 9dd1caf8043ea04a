import type { TerminalExit } from '../wire/wire.js';

/** Who writes down what a terminal prints. A reader of the ring with a cursor and no queue, as an attachment is. */
export interface Recorder {
  /** False once it stopped: too much, or a disk that does not answer. */
  readonly recording: boolean;
  /** Bytes of output that are not written yet; 0 once it stopped. */
  readonly lag: number;
  pump(): void;
  marker(label: string): void;
  end(exit: TerminalExit): void;
}

export type RecorderStop = 'truncated' | 'disk';
