/** As much of a progress object as players, benches and tests look at. */
export interface SeenProgress {
  score: { points: number; max: number; fraction: number };
  trips: { id: string; text: string }[];
  objectives: {
    id: string;
    title: string;
    weight: number;
    bonus: boolean;
    state: string;
    credited: boolean;
    explanation: { text: string } | null;
  }[];
}

interface Waiter {
  holds(progress: SeenProgress): boolean;
  resolve(at: number): void;
}

/** Follows the progress of one sandbox by server-sent events, and tells when a condition first held. */
export class ProgressClient {
  latest: SeenProgress | undefined;
  readonly objectiveEvents: { id: string; from: string; to: string }[] = [];
  private readonly waiters = new Set<Waiter>();
  private readonly abort = new AbortController();

  /** `locale` is that of the explanations; the learner's own without it. */
  static async open(
    url: string,
    sandboxId: string,
    credential: string,
    locale?: string,
  ): Promise<ProgressClient> {
    const client = new ProgressClient();
    const query = locale === undefined ? '' : `?locale=${locale}`;
    const response = await fetch(`${url}/v1/sandboxes/${sandboxId}/progress${query}`, {
      headers: { accept: 'text/event-stream', authorization: `Bearer ${credential}` },
      signal: client.abort.signal,
    });
    if (response.status !== 200 || !response.body) throw new Error(`progress: HTTP ${response.status}`);
    void client.read(response.body);
    await client.until('the first progress', () => true);
    return client;
  }

  state(id: string): string | undefined {
    return this.latest?.objectives.find((o) => o.id === id)?.state;
  }

  /** Resolves with the monotonic time at which an event first fulfilled it. */
  until(what: string, holds: (progress: SeenProgress) => boolean, ms = 10_000): Promise<number> {
    if (this.latest && holds(this.latest)) return Promise.resolve(performance.now());
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        holds,
        resolve: (at) => {
          clearTimeout(timer);
          this.waiters.delete(waiter);
          resolve(at);
        },
      };
      const timer = setTimeout(() => {
        this.waiters.delete(waiter);
        const states = this.latest?.objectives
          .map((o) => `${o.id}=${o.state} ${o.explanation?.text ?? ''}`)
          .join('\n  ');
        reject(new Error(`no ${what} within ${ms} ms:\n  ${states}`));
      }, ms);
      this.waiters.add(waiter);
    });
  }

  close(): void {
    this.abort.abort();
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    try {
      for await (const bytes of body) {
        text += decoder.decode(bytes, { stream: true });
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          this.event(text.slice(0, end));
          text = text.slice(end + 2);
        }
      }
    } catch (error) {
      if (!this.abort.signal.aborted) throw error;
    }
  }

  private event(block: string): void {
    const at = performance.now();
    const name = /^event: (.*)$/m.exec(block)?.[1];
    const data = /^data: (.*)$/m.exec(block)?.[1];
    if (name === undefined || data === undefined) return;
    if (name === 'objective')
      this.objectiveEvents.push(JSON.parse(data) as { id: string; from: string; to: string });
    if (name !== 'progress') return;
    this.latest = JSON.parse(data) as SeenProgress;
    for (const waiter of this.waiters) if (waiter.holds(this.latest)) waiter.resolve(at);
  }
}
