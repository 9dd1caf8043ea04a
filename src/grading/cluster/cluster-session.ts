import { existsSync } from 'node:fs';
import type { Clock } from '../../common/clock.js';
import type { Logger } from '../../common/logger.js';
import type { ClusterAccess, ClusterNode } from '../../drivers/cluster-driver.js';
import { KubeReader } from '../../kube/client.js';
import { Informer, type InformerTimes, type KubeChange } from '../../kube/informer.js';
import { builtInByKind } from '../../kube/kinds.js';
import type { KubeObject } from '../../kube/object.js';
import type { SandboxFacts } from '../facts.js';
import { certificateHash } from '../fingerprint.js';
import { faulted, type Observation, type Observations, type ProbeFault } from '../observation.js';
import type { ProbeCall } from '../probes/calls.js';
import type { ClusterView, HttpTargets } from '../probes/cluster-view.js';
import { watchedObservation } from '../probes/kube-objects.js';
import { runKubeProbe } from '../probes/kube-probes.js';
import type { News } from '../probes/prober.js';
import { ClusterObjects } from './cluster-objects.js';
import { Heartbeat } from './heartbeat.js';
import { targetsOf } from './http-targets.js';
import { isPodKind, kindsOf } from './kinds-in-use.js';
import { NodeHealth } from './node-health.js';
import { NodeNetns } from './node-netns.js';
import { changeTouches } from './touches.js';

export interface Identity {
  user: string;
  groups: string[];
}

export interface SessionOptions {
  access: ClusterAccess;
  nodes: readonly ClusterNode[];
  /** All questions that will be asked: only what they need is watched. */
  calls: readonly ProbeCall[];
  /** When the learner's clock started, on the machine's clock. */
  startedAt: Date;
  /** Who the learner is for the cluster. */
  learner(): Promise<Identity>;
  clock: Clock;
  logger: Logger;
  times?: InformerTimes;
  /** The nodes were started anew: what is known of them is of the past. */
  onNodesGone?: () => void;
}

/** The first look waits this long for the first lists. */
const FIRST_LISTS_MS = 1500;

/** One cluster while it runs: its watches, whether it answers, and the probes on both. */
export class ClusterSession implements ClusterView {
  readonly reader: KubeReader;
  readonly objects: ClusterObjects;
  readonly health: NodeHealth;
  private readonly heartbeat: Heartbeat;
  private readonly netns: NodeNetns;
  private readonly leases: Informer | undefined;
  private readonly foreign = new Set<string>();
  private listener: ((news: News) => void) | undefined;
  private waited = false;
  private whenKnown: (() => void)[] = [];

  constructor(readonly o: SessionOptions) {
    const { access, nodes, calls, clock, times } = o;
    this.reader = new KubeReader(access);
    this.health = new NodeHealth(nodes, () => clock.monotonic());
    this.netns = new NodeNetns(nodes[0]);
    const kinds = calls.flatMap(kindsOf);
    const onHealth = (): void => this.healthChanged();
    this.objects = new ClusterObjects({
      reader: this.reader,
      clock,
      nodes,
      kinds,
      onHealth,
      times,
      onChange: (change) => this.changed(change),
      onForeign: (object) => this.tellForeign(object),
    });
    if (kinds.some(isPodKind)) this.leases = this.leaseInformer(times);
    this.heartbeat = new Heartbeat({ reader: this.reader, clock, node: nodes[0], onTurn: onHealth });
    this.objects.start();
    this.leases?.start();
  }

  async look(calls: Record<string, ProbeCall>): Promise<Observations> {
    await this.firstLists();
    this.heartbeat.wantedAfter(this.objects.lastHeard);
    const names = Object.keys(calls);
    const values = await Promise.all(names.map((name) => runKubeProbe(this, calls[name]!)));
    return Object.fromEntries(names.map((name, i) => [name, values[i]!]));
  }

  act(call: ProbeCall): Promise<Observation> {
    return runKubeProbe(this, call);
  }

  glance(calls: Record<string, ProbeCall>): Observations {
    const answers = Object.entries(calls).map(([name, call]) => [name, this.known(call)] as const);
    return Object.fromEntries(answers);
  }

  /** The answer of a watched question without waiting; only `kube.get` and `kube.list` have one. */
  private known(call: ProbeCall): Observation {
    if (call.probe === 'kube.get' || call.probe === 'kube.list') return watchedObservation(this, call);
    return faulted('platform', 'unprobed', `${call.probe} is not watched`);
  }

  /** Whose doing it is that the server does not answer; null while it does. */
  get fault(): ProbeFault | null {
    return this.heartbeat.fault;
  }

  blame(code: string): ProbeFault {
    return this.heartbeat.blame(code);
  }

  facts(): SandboxFacts {
    const { access, nodes } = this.o;
    return {
      server: access.server,
      caHash: certificateHash(access.ca) ?? null,
      nodes: nodes.map((node) => node.name),
      nodeAddresses: nodes.map((node) => node.address),
      kubernetesVersion: this.heartbeat.version,
    };
  }

  inventions(): readonly string[] {
    return [...this.foreign];
  }

  targets(): HttpTargets {
    return targetsOf(this.objects, this.o.nodes, () => this.netns.fd);
  }

  watch(onNews: (news: News) => void): void {
    this.listener = onNews;
  }

  close(): void {
    this.listener = undefined;
    this.objects.close();
    this.leases?.close();
    this.heartbeat.close();
    this.reader.close();
    this.netns.close();
    this.wake();
  }

  private changed(change: KubeChange): void {
    if (!this.objects.known) return;
    this.listener?.({ source: 'cluster', touches: (call) => changeTouches(change, call) });
  }

  private healthChanged(): void {
    if (this.objects.known) this.wake();
    if (this.fault === null && this.o.nodes.some(hasEnded)) this.o.onNodesGone?.();
    this.listener?.({ source: 'cluster', touches: () => true });
  }

  private async firstLists(): Promise<void> {
    if (this.waited || this.objects.known) return;
    this.waited = true;
    await new Promise<void>((resolve) => {
      const cancel = this.o.clock.after(FIRST_LISTS_MS, resolve);
      this.whenKnown.push(() => {
        cancel();
        resolve();
      });
    });
  }

  private wake(): void {
    for (const go of this.whenKnown.splice(0)) go();
  }

  private leaseInformer(times: InformerTimes | undefined): Informer {
    const lease = builtInByKind('Lease')!;
    return new Informer({
      reader: this.reader,
      clock: this.o.clock,
      apiVersion: lease.apiVersion,
      kind: lease.kind,
      namespace: 'kube-node-lease',
      resource: () => Promise.resolve(lease),
      prepare: (object) => object,
      onChange: ({ now }) => now && this.health.renewed(now.object.metadata.name),
      onHealth: () => undefined,
      times,
    });
  }

  private tellForeign({ kind, metadata }: KubeObject): void {
    const { name, namespace = '' } = metadata;
    const key = `${kind} ${namespace}/${name}`;
    if (this.foreign.has(key) || this.foreign.size > 100) return;
    this.foreign.add(key);
    this.o.logger.warn({ object: key }, 'an object on a node that this cluster does not have was left out');
  }
}

function hasEnded({ initPid }: ClusterNode): boolean {
  return initPid > 0 && !existsSync(`/proc/${initPid}`);
}
