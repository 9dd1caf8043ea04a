/** At most `limit` tasks at once, in the order they came. */
export class Semaphore {
  private active = 0;
  private readonly queue: (() => void)[] = [];

  constructor(private readonly limit: number) {}

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.active >= this.limit) await new Promise<void>((resolve) => this.queue.push(resolve));
    else this.active++;
    try {
      return await task();
    } finally {
      // The place goes straight to the next in line, so a newcomer cannot slip in between.
      const next = this.queue.shift();
      if (next) next();
      else this.active--;
    }
  }
}
