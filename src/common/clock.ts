/** The only source of time for core logic; tests drive a manual one. */
export interface Clock {
  /** Wall time, ms since the epoch. */
  now(): number;
  /** Monotonic time, ms, for durations and deadlines inside the process. */
  monotonic(): number;
  /** Calls back once after `ms`; returns its cancellation. Never keeps the process alive. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
