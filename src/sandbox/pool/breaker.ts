const FAILURES = 3;
const FIRST_MS = 60_000;
const LONGEST_MS = 30 * 60_000;

/** Stops making what keeps failing, such as units of a bad image: 1, 2, 4 … 30 minutes. Pure: it is told the time. */
export class Breaker {
  private failures = 0;
  private openUntil = 0;
  private next = FIRST_MS;

  succeeded(): void {
    this.failures = 0;
    this.next = FIRST_MS;
    this.openUntil = 0;
  }

  /** True when this failure opened it. After a pause one more failure is enough. */
  failed(now: number): boolean {
    this.failures += 1;
    if (this.failures < FAILURES) return false;
    this.openUntil = now + this.next;
    this.next = Math.min(this.next * 2, LONGEST_MS);
    return true;
  }

  /** ms since the epoch until which nothing is tried; undefined = it may be. */
  until(now: number): number | undefined {
    return now < this.openUntil ? this.openUntil : undefined;
  }
}
