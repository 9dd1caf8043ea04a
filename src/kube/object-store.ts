import { MAX_LIST_ITEMS, MAX_OBJECT_BYTES } from './client.js';
import { keyOf, type KubeObject } from './object.js';

/** Of all objects of one kind together; what comes beyond is kept by its name alone. */
const MAX_TOTAL_BYTES = 4 * 1024 * 1024;
/** Names kept beyond what a list may show, so that deletions are still understood. */
const MAX_KEPT = 4 * MAX_LIST_ITEMS;

export interface StoredObject {
  object: KubeObject;
  /** Only its names are kept. */
  tooLarge: boolean;
  bytes: number;
}

/** What is known of one kind: bounded, whatever the cluster holds. */
export class ObjectStore {
  private readonly entries = new Map<string, StoredObject>();
  private bytes = 0;
  private cut = false;

  constructor(private readonly prepare: (object: KubeObject) => KubeObject) {}

  /** Stores it, and returns it as stored with what was there before; undefined when nothing changed. */
  put(object: KubeObject): { now: StoredObject; before: StoredObject | undefined } | undefined {
    const key = keyOf(object);
    const before = this.entries.get(key);
    const { resourceVersion } = object.metadata;
    if (before && resourceVersion && before.object.metadata.resourceVersion === resourceVersion)
      return undefined;
    if (!before && this.entries.size >= MAX_KEPT) {
      this.cut = true;
      return undefined;
    }
    const prepared = this.prepare(object);
    const bytes = JSON.stringify(prepared).length;
    const room = MAX_TOTAL_BYTES - this.bytes + (before?.bytes ?? 0);
    const tooLarge = bytes > MAX_OBJECT_BYTES || bytes > room;
    const now = { object: tooLarge ? namesOf(prepared) : prepared, tooLarge, bytes: tooLarge ? 0 : bytes };
    this.bytes += now.bytes - (before?.bytes ?? 0);
    this.entries.set(key, now);
    return { now, before };
  }

  delete(key: string): StoredObject | undefined {
    const before = this.entries.get(key);
    if (!before) return undefined;
    this.entries.delete(key);
    this.bytes -= before.bytes;
    return before;
  }

  get(namespace: string | undefined, name: string): StoredObject | undefined {
    return this.entries.get(`${namespace ?? ''}/${name}`);
  }

  all(): StoredObject[] {
    return [...this.entries.values()];
  }

  keys(): string[] {
    return [...this.entries.keys()];
  }

  /** Whether a list was cut short, or holds more than may be shown. */
  get overflows(): boolean {
    return this.cut || this.entries.size > MAX_LIST_ITEMS;
  }

  set truncated(value: boolean) {
    this.cut = value;
  }

  clear(): void {
    this.entries.clear();
    this.bytes = 0;
    this.cut = false;
  }
}

function namesOf({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion } };
}
