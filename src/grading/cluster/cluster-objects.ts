import type { Clock } from '../../common/clock.js';
import type { ClusterNode } from '../../drivers/cluster-driver.js';
import type { KubeReader } from '../../kube/client.js';
import { Informer, type InformerTimes, type KubeChange } from '../../kube/informer.js';
import { builtInByKind, builtInResource, type Resource } from '../../kube/kinds.js';
import type { KubeObject } from '../../kube/object.js';
import type { Owner } from '../probes/kube-params.js';
import type { KindInUse } from './kinds-in-use.js';
import { normaliseObject } from './normalise.js';
import { isOwned, type Finder } from './ownership.js';
import { isSelected, type Selection } from './selection.js';

export interface ObjectsOptions {
  reader: KubeReader;
  clock: Clock;
  nodes: readonly ClusterNode[];
  kinds: readonly KindInUse[];
  onChange: (change: KubeChange) => void;
  onHealth: () => void;
  /** An object that claims to be on a node which the sandbox does not have. */
  onForeign(object: KubeObject): void;
  times?: InformerTimes;
}

const keyOfKind = ({ apiVersion, kind }: KindInUse): string => `${apiVersion} ${kind}`;

/** One informer per kind in use, and what can be asked of them together. */
export class ClusterObjects {
  private readonly informers = new Map<string, Informer>();
  private readonly inventory: ReadonlySet<string>;

  constructor(private readonly o: ObjectsOptions) {
    this.inventory = new Set(o.nodes.map((node) => node.name));
    for (const kind of o.kinds) {
      if (!this.informers.has(keyOfKind(kind))) this.informers.set(keyOfKind(kind), this.informerOf(kind));
    }
  }

  start(): void {
    for (const informer of this.informers.values()) informer.start();
  }

  close(): void {
    for (const informer of this.informers.values()) informer.close();
  }

  informer(kind: KindInUse): Informer {
    const found = this.informers.get(keyOfKind(kind));
    if (!found) throw new Error(`${keyOfKind(kind)} is not watched`);
    return found;
  }

  get known(): boolean {
    return [...this.informers.values()].every((informer) => informer.known);
  }

  /** When anything was last heard from the server. */
  get lastHeard(): number {
    return Math.max(-Infinity, ...[...this.informers.values()].map((informer) => informer.lastHeard));
  }

  readonly find: Finder = (kind, namespace, name) => {
    const resource = builtInByKind(kind);
    const informer = resource && this.informers.get(keyOfKind(resource));
    return informer?.store.get(resource?.namespaced ? namespace : undefined, name)?.object;
  };

  get(kind: KindInUse, namespace: string | undefined, name: string) {
    const { store } = this.informer(kind);
    // A kind without namespaces ignores one; the others have `default`, as kubectl does.
    const found = store.get(namespace ?? 'default', name) ?? store.get(undefined, name);
    return found && this.isOurs(found.object) ? found : undefined;
  }

  /** Sorted by name, then namespace. */
  list(kind: KindInUse, o: Selection & { ownedBy?: Owner }) {
    const found = this.informer(kind)
      .store.all()
      .filter(({ object }) => isSelected(object, o) && this.isOurs(object))
      .filter(({ object }) => o.ownedBy === undefined || isOwned(object, o.ownedBy, this.find));
    return found.sort((a, b) => compare(nameOf(a.object), nameOf(b.object)));
  }

  /** Nobody can invent a node of the sandbox, so what is on an invented one does not count. */
  private isOurs(object: KubeObject): boolean {
    const node = object.kind === 'Node' ? object.metadata.name : nodeOf(object);
    if (node === undefined || this.inventory.has(node)) return true;
    this.o.onForeign(object);
    return false;
  }

  private informerOf({ apiVersion, kind }: KindInUse): Informer {
    const { reader, clock, onChange, onHealth, times } = this.o;
    const builtIn: Resource | undefined = builtInResource(apiVersion, kind);
    return new Informer({
      reader,
      clock,
      apiVersion,
      kind,
      resource: () => (builtIn ? Promise.resolve(builtIn) : reader.discover(apiVersion, kind)),
      prepare: normaliseObject,
      onChange,
      onHealth,
      times,
    });
  }
}

export function nodeOf(object: KubeObject): string | undefined {
  if (object.kind !== 'Pod') return undefined;
  return (object['spec'] as { nodeName?: string } | undefined)?.nodeName;
}

const nameOf = ({ metadata }: KubeObject): string => `${metadata.name}/${metadata.namespace ?? ''}`;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
