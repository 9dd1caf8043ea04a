import type { ProbeCall, ProbeName } from './calls.js';
import { OUTSIDE_NS } from './net-tcp-params.js';

export type ProbeCapability =
  'netns' | 'ovs' | 'nft' | 'uplink' | 'kube.watch' | 'kube.logs' | 'kube.exec' | 'kube.runtime';

/**
 * Who could have made an answer up: `host` and `kernel` nobody in the sandbox, `api` an administrator of the cluster's
 * node, `tenant` any process or file of the learner.
 */
export type Trust = 'host' | 'kernel' | 'api' | 'tenant';

interface Traits {
  /** What `sandbox.requires` must name for it. */
  requires: ProbeCapability | null;
  trust: Trust;
  /** Asked for only once an objective that reads it is unblocked, one at a time; the gap between two askings in ms. */
  active: { gapMs: number } | null;
  /** Reads the cluster: what is said while there is none is null. */
  cluster: boolean;
  /** Every change is delivered, so that `never` misses none. */
  watched: boolean;
  /** Can leave out what was before a reference. */
  since?: boolean;
}

const kernel: Traits = { requires: 'netns', trust: 'kernel', active: null, cluster: false, watched: false };
const api: Traits = { requires: 'kube.watch', trust: 'api', active: null, cluster: true, watched: true };

/** Cheap questions may be asked again while one still looks at the command that was typed; packets may not. */
const CHEAP = { gapMs: 700 };
const PACKETS = { gapMs: 2000 };
/** A script runs anew only when what it is given has changed. */
const PROMPT = { gapMs: 300 };

const TRAITS: Record<ProbeName, Traits> = {
  'netns.list': kernel,
  'netns.links': kernel,
  'netns.addrs': kernel,
  'netns.neigh': kernel,
  'netns.routes': kernel,
  'netns.sysctl': kernel,
  // A process at every reading, unlike the others.
  'netns.nft': { ...kernel, requires: 'nft', active: CHEAP },
  'net.ping': { ...kernel, active: PACKETS },
  'net.tcp': { ...kernel, active: PACKETS },
  'ovs.bridges': { ...kernel, requires: 'ovs', trust: 'tenant' },
  'kube.api': { ...api, requires: null, active: CHEAP, watched: false },
  'kube.get': api,
  'kube.list': api,
  'kube.logs': { ...api, requires: 'kube.logs', trust: 'tenant', active: CHEAP, watched: false, since: true },
  'kube.exec': { ...api, requires: 'kube.exec', trust: 'tenant', active: PACKETS, watched: false },
  'kube.runtime': { ...api, requires: 'kube.runtime', trust: 'kernel', watched: false },
  'kube.can-i': { ...api, requires: null, active: CHEAP, watched: false },
  'http.get': { ...kernel, requires: null, active: PACKETS },
  'host.file': { ...kernel, requires: null, trust: 'tenant' },
  // But for `comm`, which a process gives itself.
  'host.procs': { ...kernel, requires: null },
};

export function traitsOf(call: ProbeCall): Traits {
  if (call.probe === 'script') return { ...kernel, requires: null, trust: call.params.trust, active: PROMPT };
  const traits = TRAITS[call.probe];
  if (call.probe === 'net.tcp' && [call.params.from, call.params.to.ns].includes(OUTSIDE_NS))
    return { ...traits, requires: 'uplink' };
  if (call.probe !== 'http.get') return traits;
  return { ...traits, cluster: call.params.from === 'node' || !('addr' in call.params.to) };
}
