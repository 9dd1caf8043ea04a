import type { ReplayRing } from './replay-ring.js';

export interface ResumeRequest {
  epoch: string;
  seq: number;
  /** The attachment that was lost. */
  aid?: string;
}

export interface Position {
  mode: 'fresh' | 'delta' | 'replay';
  /** Offset of the first byte to send. */
  seq: number;
  /** The client asked for bytes from here on that are no longer kept. */
  missingFrom?: number;
}

/** Where a client goes on: exactly where it stopped, or, when that is not possible, with the end of the history. */
export function positionFor(
  ring: ReplayRing,
  epoch: string,
  want: { resume?: ResumeRequest | undefined; replay: number },
): Position {
  const resume = want.resume;
  if (resume && resume.epoch === epoch && resume.seq <= ring.head) {
    if (resume.seq >= ring.start) return { mode: 'delta', seq: resume.seq };
    return { mode: 'replay', seq: ring.tail(want.replay), missingFrom: resume.seq };
  }
  if (ring.head === 0) return { mode: 'fresh', seq: 0 };
  return { mode: 'replay', seq: ring.tail(want.replay) };
}
