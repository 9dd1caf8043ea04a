import { GHOST_RESERVE, HIGH_WATER, LOW_WATER, RECORDER_HIGH } from './limits.js';

/** What pacing knows of the client that drives the terminal. */
export interface Reader {
  /** It acknowledges what it has drawn. */
  acks: boolean;
  cursor: number;
  acked: number;
  /** Bytes that wait in its socket. */
  buffered: number;
}

export interface Pace {
  head: number;
  ringBytes: number;
  /** The driver, unless its tab is hidden. */
  driver: Reader | undefined;
  /** What the last driver had acknowledged when its socket was lost, while nobody has taken its place. */
  ghostAcked: number | undefined;
  /** Bytes that the recorder has not written; 0 without one. */
  recorderLag: number;
}

export function lag(reader: Reader, head: number): number {
  return reader.acks ? head - reader.acked : head - reader.cursor + reader.buffered;
}

/** Whether the PTY should be paused, given whether it is: the driver never loses a byte, nobody else slows it. */
export function shouldPause(paused: boolean, p: Pace): boolean {
  const driverLag = p.driver ? lag(p.driver, p.head) : 0;
  const ghostFull = p.ghostAcked !== undefined && p.head - p.ghostAcked >= p.ringBytes - GHOST_RESERVE;
  if (paused) return driverLag > LOW_WATER || ghostFull || p.recorderLag > LOW_WATER;
  return driverLag >= HIGH_WATER || ghostFull || p.recorderLag >= Math.min(RECORDER_HIGH, p.ringBytes / 2);
}
