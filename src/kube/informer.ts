import type { Clock } from '../common/clock.js';
import type { KubeReader } from './client.js';
import { eachLine } from './json-lines.js';
import type { Resource } from './kinds.js';
import { KubeError, statusError } from './kube-error.js';
import { isKubeObject, keyOf, type KubeObject } from './object.js';
import { ObjectStore, type StoredObject } from './object-store.js';

export interface InformerTimes {
  /** A full list, in case an event was lost on the way. */
  relistMs: number;
  /** Servers send a bookmark about once a minute: a silence this long is a dead connection. */
  silenceMs: number;
  /** Of a kind that the server does not know. */
  absentMs: number;
  backoffMs: { first: number; most: number };
}

export const INFORMER_TIMES: InformerTimes = {
  relistMs: 5 * 60_000,
  silenceMs: 90_000,
  absentMs: 3000,
  backoffMs: { first: 200, most: 5000 },
};

/** One delivered event. `now` is absent for a deletion. */
export interface KubeChange {
  resource: Resource;
  now: StoredObject | undefined;
  before: StoredObject | undefined;
}

export interface InformerOptions {
  reader: KubeReader;
  clock: Clock;
  apiVersion: string;
  kind: string;
  /** Only this one; all by default. */
  namespace?: string;
  /** undefined = the server has no such kind. */
  resource(): Promise<Resource | undefined>;
  prepare: (object: KubeObject) => KubeObject;
  /** Every event, in order. */
  onChange: (change: KubeChange) => void;
  /** It began or ceased to be up to date. */
  onHealth: () => void;
  times?: InformerTimes;
}

/**
 * Keeps all objects of one kind up to date: list, then watch from there, for as long as it is open. A watch that ends is
 * resumed where it stood, so that no event is missed; one too old for the server begins with a list again.
 */
export class Informer {
  readonly store: ObjectStore;
  /** The server has no such kind: that is an answer, and objects of it do not exist. */
  absent = false;
  /** Since when it is not up to date, on the clock; null while it is. */
  brokenSince: number | null;
  error: KubeError | null = null;
  lastHeard = -Infinity;
  private synced = false;
  private readonly end = new AbortController();
  private readonly times: InformerTimes;
  private failures = 0;
  private position: string | undefined;
  private relistAt = 0;

  constructor(private readonly o: InformerOptions) {
    this.times = o.times ?? INFORMER_TIMES;
    this.store = new ObjectStore(o.prepare);
    this.brokenSince = o.clock.monotonic();
  }

  /** Whether it was up to date once. */
  get known(): boolean {
    return this.synced || this.absent;
  }

  start(): void {
    void this.run();
  }

  close(): void {
    this.end.abort();
  }

  private get closed(): boolean {
    return this.end.signal.aborted;
  }

  private async run(): Promise<void> {
    while (!this.closed) {
      try {
        await this.round();
      } catch (error) {
        if (this.closed) return;
        await this.recover(error instanceof KubeError ? error : new KubeError('malformed', String(error)));
      }
    }
  }

  /** One list if it is due, then one watch until it ends. */
  private async round(): Promise<void> {
    const { clock, reader, namespace } = this.o;
    const resource = await this.o.resource();
    if (!resource) return this.missing();
    const { signal } = this.end;
    if (this.position === undefined || clock.monotonic() >= this.relistAt) {
      const list = await reader.list(resource, { signal, namespace });
      this.relistAt = clock.monotonic() + this.times.relistMs * (0.9 + Math.random() * 0.2);
      this.replace(resource, list);
      this.position = list.resourceVersion;
    }
    await this.watch(resource, this.position);
  }

  private async watch(resource: Resource, resourceVersion: string): Promise<void> {
    const { clock, reader, namespace } = this.o;
    const ended = new AbortController();
    const { signal } = ended;
    const stop = (): void => ended.abort();
    this.end.signal.addEventListener('abort', stop, { once: true });
    const seconds = Math.max(1, Math.ceil((this.relistAt - clock.monotonic()) / 1000));
    try {
      const stream = await reader.watch(resource, {
        namespace,
        resourceVersion,
        timeoutSeconds: seconds,
        signal,
      });
      this.heard();
      signal.addEventListener('abort', () => stream.destroy(), { once: true });
      if (this.closed) return void stream.destroy();
      this.healthy();
      const guard = this.watchdog(stop);
      try {
        await eachLine(stream, (line) => {
          this.heard();
          this.take(resource, line);
        });
      } finally {
        guard();
      }
      if (signal.aborted && !this.closed)
        throw new KubeError('timeout', `the watch was silent for ${this.times.silenceMs} ms`);
    } finally {
      this.end.signal.removeEventListener('abort', stop);
    }
  }

  /** Ends a watch that says nothing at all; returns its own end. */
  private watchdog(stop: () => void): () => void {
    const { clock } = this.o;
    let cancel: () => void = () => undefined;
    const arm = (): void => {
      const left = this.lastHeard + this.times.silenceMs - clock.monotonic();
      if (left <= 0) return stop();
      cancel = clock.after(left, arm);
    };
    arm();
    return () => cancel();
  }

  private take(resource: Resource, line: string): void {
    let event: { type?: string; object?: unknown };
    try {
      event = JSON.parse(line) as typeof event;
    } catch {
      throw new KubeError('malformed', `no JSON in a watch: ${line.slice(0, 80)}`);
    }
    const { type, object } = event;
    if (type === 'ERROR') {
      const { code } = (object ?? {}) as { code?: number };
      throw statusError(code ?? 500, JSON.stringify(object));
    }
    const meta = (object as { metadata?: { resourceVersion?: string } } | undefined)?.metadata;
    if (type === 'BOOKMARK') {
      this.position = meta?.resourceVersion ?? this.position;
      return;
    }
    if (!isKubeObject(object)) throw new KubeError('malformed', 'an event without an object');
    this.position = object.metadata.resourceVersion ?? this.position;
    if (type === 'DELETED') return this.drop(resource, keyOf(object));
    this.keep(resource, object);
  }

  private keep(resource: Resource, object: KubeObject): void {
    const { apiVersion, kind } = resource;
    // Items of a list do not say what they are.
    const stored = this.store.put({ ...object, apiVersion, kind });
    if (stored) this.o.onChange({ resource, ...stored });
  }

  private drop(resource: Resource, key: string): void {
    const before = this.store.delete(key);
    if (before) this.o.onChange({ resource, now: undefined, before });
  }

  private replace(resource: Resource, list: { items: KubeObject[]; truncated: boolean }): void {
    const listed = new Set(list.items.map(keyOf));
    for (const key of this.store.keys()) if (!listed.has(key)) this.drop(resource, key);
    this.store.truncated = list.truncated;
    for (const object of list.items) this.keep(resource, object);
    this.heard();
    this.synced = true;
    this.absent = false;
  }

  private heard(): void {
    this.lastHeard = this.o.clock.monotonic();
  }

  private healthy(): void {
    this.failures = 0;
    this.error = null;
    if (this.brokenSince === null) return;
    this.brokenSince = null;
    this.o.onHealth();
  }

  /** A kind that is not served, such as one of a definition that the learner has yet to make. */
  private async missing(): Promise<void> {
    const was = this.absent;
    this.absent = true;
    this.synced = false;
    this.position = undefined;
    this.store.clear();
    this.heard();
    this.healthy();
    if (!was) this.o.onHealth();
    await this.pause(this.times.absentMs);
  }

  private async recover(error: KubeError): Promise<void> {
    if (error.code === 'gone') {
      this.position = undefined;
      // A server that says so again and again is not to be asked without a pause.
      return this.pause(50 * 2 ** Math.min(6, this.failures++));
    }
    if (error.code === 'not-found') return this.missing();
    this.error = error;
    if (this.brokenSince === null) {
      this.brokenSince = this.o.clock.monotonic();
      this.o.onHealth();
    }
    const { first, most } = this.times.backoffMs;
    const wait = Math.min(most, first * 2 ** this.failures++);
    await this.pause(wait * (0.5 + Math.random()));
  }

  private pause(ms: number): Promise<void> {
    if (this.closed) return Promise.resolve();
    return new Promise((resolve) => {
      const go = (): void => {
        cancel();
        this.end.signal.removeEventListener('abort', go);
        resolve();
      };
      const cancel = this.o.clock.after(ms, go);
      this.end.signal.addEventListener('abort', go, { once: true });
    });
  }
}
