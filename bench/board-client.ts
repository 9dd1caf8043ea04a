import { sseEvents } from './sse-events.js';

/** As much of a row as benches and tests look at. */
export interface SeenRow {
  key: string;
  name: string;
  externalId: string;
  lab: string | null;
  sandboxId: string | null;
  sandboxState: string | null;
  cells: Record<string, { state: string; attempts: number; seconds: number | null }>;
  current: { objective: string; state: string } | null;
  score: { points: number; max: number } | null;
  connected: boolean;
  handRaisedAt: string | null;
  flags: string[];
  stuck: { score: number; reasons: string[] } | null;
}

export interface SeenAction {
  id: string;
  action: string;
  total: number;
  done: number;
  failed: number;
}

/** Follows a board by server-sent events, and puts deltas together as a page would. */
export class BoardClient {
  readonly rows = new Map<string, SeenRow>();
  readonly actions: SeenAction[] = [];
  aggregates: { lab: string; objective: string; states: Record<string, number> }[] = [];
  snapshots = 0;
  lastId = '';
  /** Called with the keys of each delta, as it is read. */
  onDelta: (keys: string[], at: number) => void = () => undefined;
  /** Resolves when the stream is over, whoever ended it. */
  readonly ended: Promise<void>;
  private readonly stop = new AbortController();
  private readonly waiters = new Set<() => void>();

  private constructor(response: Response) {
    this.ended = this.read(response).catch(() => undefined);
  }

  static async open(o: {
    url: string;
    cohort: string;
    credential: string;
    query?: string;
    lastId?: string;
  }): Promise<BoardClient> {
    const stop = new AbortController();
    const response = await fetch(`${o.url}/v1/cohorts/${o.cohort}/board${o.query ?? ''}`, {
      headers: {
        accept: 'text/event-stream',
        authorization: `Bearer ${o.credential}`,
        ...(o.lastId === undefined ? {} : { 'last-event-id': o.lastId }),
      },
      signal: stop.signal,
    });
    if (response.status !== 200) throw new Error(`board: HTTP ${response.status}`);
    const client = new BoardClient(response);
    client.stop.signal.addEventListener('abort', () => stop.abort());
    return client;
  }

  of(externalId: string): SeenRow | undefined {
    return [...this.rows.values()].find((row) => row.externalId === externalId);
  }

  /** Resolves when what was read fulfils it. */
  until(what: string, holds: () => boolean, ms = 20_000): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!holds()) return;
        clearTimeout(timer);
        this.waiters.delete(look);
        resolve();
      };
      const timer = setTimeout(() => {
        this.waiters.delete(look);
        reject(
          new Error(`no ${what} within ${ms} ms:\n${JSON.stringify([...this.rows.values()].slice(0, 5))}`),
        );
      }, ms);
      this.waiters.add(look);
    });
  }

  close(): void {
    this.stop.abort();
  }

  private async read(response: Response): Promise<void> {
    for await (const { id, type, data } of sseEvents(response.body!)) {
      if (id !== '') this.lastId = id;
      this.take(type, JSON.parse(data));
      for (const look of this.waiters) look();
    }
  }

  private take(type: string, data: any): void {
    if (type === 'snapshot') {
      this.rows.clear();
      this.snapshots++;
    } else if (type === 'rows') for (const row of data.rows) this.rows.set(row.key, row);
    else if (type === 'delta') {
      for (const key of data.removed) this.rows.delete(key);
      for (const row of data.rows) {
        const before = this.rows.get(row.key);
        this.rows.set(row.key, { ...before, ...row, cells: { ...before?.cells, ...row.cells } });
      }
      this.onDelta(
        data.rows.map((row: SeenRow) => row.key),
        performance.now(),
      );
    } else if (type === 'aggregates') this.aggregates = data.aggregates;
    else if (type === 'action') this.actions.push(data);
  }
}
