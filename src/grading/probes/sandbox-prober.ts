import { OUTSIDE, UPLINK } from '../../linux/netns/outside-net.js';
import { NO_UPLINK_FACTS, type SandboxFacts } from '../facts.js';
import { faulted, type Observation, type Observations } from '../observation.js';
import type { ProbeCall } from './calls.js';
import { NO_CLUSTER, type ClusterView } from './cluster-view.js';
import type { HostProber } from './host-prober.js';
import { httpGet } from './http-get.js';
import type { News, Prober } from './prober.js';
import { guarded } from './round.js';

/** The same in every sandbox that has an uplink. */
const UPLINK_FACTS = { uplink: UPLINK.address, outside: OUTSIDE.address };

const isKube = (call: ProbeCall): boolean => call.probe.startsWith('kube.');

/** A lab host and its cluster as one: every question goes to the part that can answer it. */
export class SandboxProber implements Prober {
  private cluster: ClusterView = NO_CLUSTER;
  private onNews: ((news: News) => void) | undefined;

  /** Without a lab host that can be observed, its questions are ours to answer for. */
  constructor(private readonly host: HostProber | undefined) {}

  /** From now on this is the cluster; the one before is let go. */
  setCluster(view: ClusterView): void {
    if (view === this.cluster) return;
    this.cluster.close();
    this.cluster = view;
    if (this.onNews) view.watch(this.onNews);
    this.onNews?.({ source: 'cluster', touches: isKube });
  }

  async look(calls: Record<string, ProbeCall>): Promise<Observations> {
    const entries = Object.entries(calls);
    const ofKube = Object.fromEntries(entries.filter(([, call]) => isKube(call)));
    const ofHost = Object.fromEntries(entries.filter(([, call]) => !isKube(call)));
    const [host, kube] = await Promise.all([this.lookAtHost(ofHost), this.cluster.look(ofKube)]);
    return { ...host, ...kube };
  }

  act(call: ProbeCall): Promise<Observation> {
    if (isKube(call)) return this.cluster.act(call);
    if (call.probe === 'http.get') {
      const { params } = call;
      return guarded(() => httpGet({ host: this.host?.host, targets: this.cluster.targets() }, params));
    }
    return this.host ? this.host.act(call) : Promise.resolve(unobserved);
  }

  glance(calls: Record<string, ProbeCall>): Observations {
    return this.cluster.glance(Object.fromEntries(Object.entries(calls).filter(([, call]) => isKube(call))));
  }

  facts(): SandboxFacts {
    const uplink = this.host?.host.outside ? UPLINK_FACTS : NO_UPLINK_FACTS;
    return { ...this.cluster.facts(), ...uplink };
  }

  inventions(): readonly string[] {
    return this.cluster.inventions();
  }

  async watch(onNews: (news: News) => void): Promise<void> {
    const first = this.onNews === undefined;
    this.onNews = onNews;
    if (first) this.cluster.watch((news) => this.onNews?.(news));
    await this.host?.watch(() => this.onNews?.({ source: 'host' }));
  }

  /** The watches of the cluster stay: what must never be is watched for also while nobody works. */
  rest(): void {
    this.host?.rest();
  }

  close(): void {
    this.cluster.close();
    this.host?.close();
  }

  private lookAtHost(calls: Record<string, ProbeCall>): Promise<Observations> {
    if (this.host) return this.host.look(calls);
    return Promise.resolve(Object.fromEntries(Object.keys(calls).map((name) => [name, unobserved])));
  }
}

const unobserved: Observation = faulted('platform', 'ended', 'the lab host cannot be observed');
