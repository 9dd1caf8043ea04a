/**
 * A signal that fires when a parent's does, or after `ms`. Instead of AbortSignal.any over AbortSignal.timeout, whose timer
 * Node 20 gives to the garbage collector: the signal then never fires.
 */
export class Deadline {
  /** True once the time was up, rather than a parent. */
  passed = false;
  private readonly abort = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly end = (): void => {
    this.release();
    this.abort.abort();
  };

  constructor(
    ms: number,
    private readonly parents: (AbortSignal | undefined)[] = [],
  ) {
    this.timer = setTimeout(() => {
      this.passed = true;
      this.end();
    }, ms).unref();
    for (const parent of parents) parent?.addEventListener('abort', this.end, { once: true });
    if (parents.some((parent) => parent?.aborted)) this.end();
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** For whoever is done before the time: neither timer nor parent keep anything of it. */
  release(): void {
    clearTimeout(this.timer);
    for (const parent of this.parents) parent?.removeEventListener('abort', this.end);
  }
}
