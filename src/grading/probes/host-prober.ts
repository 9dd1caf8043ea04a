import { faulted, type Observation, type Observations } from '../observation.js';
import type { ProbeCall } from './calls.js';
import { UtsNames } from '../../linux/procs/uts-names.js';
import { hostFile } from './host-file.js';
import { hostProcs } from './host-procs.js';
import { netPing } from './net-ping.js';
import { netTcp } from './net-tcp.js';
import { netnsList } from './netns-list.js';
import { netnsNft } from './netns-nft.js';
import { netnsSysctl } from './netns-sysctl.js';
import { netnsAddrs, netnsLinks, netnsNeigh, netnsRoutes } from './netns-tables.js';
import { ovsBridges } from './ovs-bridges.js';
import { guarded, Round, type ProbeHost } from './round.js';

/** Probes of the lab host: its namespaces, its switch, its files. */
export class HostProber {
  readonly host: ProbeHost;

  constructor(host: Omit<ProbeHost, 'names'>) {
    this.host = { ...host, names: new UtsNames(host.handle) };
  }

  async look(calls: Record<string, ProbeCall>): Promise<Observations> {
    const round = new Round(this.host);
    const names = Object.keys(calls);
    const values = await Promise.all(names.map((name) => runProbe(round, calls[name]!)));
    return Object.fromEntries(names.map((name, i) => [name, values[i]!]));
  }

  act(call: ProbeCall): Promise<Observation> {
    return runProbe(new Round(this.host), call);
  }

  async watch(onChange: () => void): Promise<void> {
    // Without it the newlines and polls remain.
    await this.host.network.watch(onChange).catch(() => undefined);
  }

  rest(): void {
    this.host.network.rest();
    this.host.names.rest();
  }

  close(): void {
    this.host.network.close();
    this.host.names.rest();
    this.host.handle.close();
  }
}

function runProbe(round: Round, call: ProbeCall): Promise<Observation> {
  return guarded(async () => {
    switch (call.probe) {
      case 'netns.list':
        return netnsList(round);
      case 'netns.links':
        return netnsLinks(round, call.params.ns);
      case 'netns.addrs':
        return netnsAddrs(round, call.params.ns);
      case 'netns.routes':
        return netnsRoutes(round, call.params.ns);
      case 'netns.neigh':
        return netnsNeigh(round, call.params.ns);
      case 'netns.sysctl':
        return netnsSysctl(round, call.params);
      case 'netns.nft':
        return netnsNft(round.host, call.params.ns);
      case 'ovs.bridges':
        return ovsBridges(round, call.params.name);
      case 'net.ping':
        return netPing(round.host, call.params);
      case 'net.tcp':
        return netTcp(round.host, call.params);
      case 'host.file':
        return hostFile(round.host.handle, call.params);
      case 'host.procs':
        return hostProcs(round.host, call.params);
      default:
        return faulted('platform', 'unprobed', `${call.probe} is no probe of a lab host`);
    }
  });
}
