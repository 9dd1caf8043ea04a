interface Waiting<T, R> {
  item: T;
  resolve(result: R): void;
  reject(error: unknown): void;
}

/**
 * Group commit: while one batch is being written, what arrives forms the next one. An idle batcher writes at once, a
 * burst pays for one transaction instead of hundreds.
 */
export class Batcher<T, R> {
  private waiting: Waiting<T, R>[] = [];
  private writing = false;

  /** `write` returns one result per item, in order; if it rejects, every item of the batch rejects. */
  constructor(
    private readonly write: (items: T[]) => Promise<R[]>,
    private readonly maxItems = 200,
  ) {}

  add(item: T): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (!this.writing) {
        this.writing = true;
        // What else this turn of the event loop adds rides along.
        setImmediate(() => void this.drain());
      }
    });
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.maxItems);
      try {
        const results = await this.write(batch.map((w) => w.item));
        for (const [i, w] of batch.entries()) w.resolve(results[i] as R);
      } catch (error) {
        for (const w of batch) w.reject(error);
      }
    }
    this.writing = false;
  }
}
