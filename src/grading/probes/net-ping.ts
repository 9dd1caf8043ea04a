import { randomBytes } from 'node:crypto';
import { ping } from '../../linux/netns/ping.js';
import { startWitness } from '../../linux/netns/witness.js';
import type { Json } from '../json.js';
import { seen, type Observation } from '../observation.js';
import type { PingParams } from './netns-params.js';
import { openNs, packetCounts, type OpenNs } from './places.js';
import { Round, type ProbeHost } from './round.js';

/**
 * Pings with a random pattern and watches for it where it must arrive: replies alone prove nothing, as anything on the
 * way may answer. `via` says which interfaces carried it, by their counters.
 */
export async function netPing(
  host: ProbeHost,
  params: PingParams,
  signal?: AbortSignal,
): Promise<Observation> {
  const from = openNs(host, params.from);
  if (!from) return seen(null);
  try {
    const to = openNs(host, params.to.ns);
    if (!to) return seen(null);
    try {
      return seen(await pingBetween({ host, params, from, to, signal }));
    } finally {
      to.release();
    }
  } finally {
    from.release();
  }
}

async function pingBetween(o: {
  host: ProbeHost;
  params: PingParams;
  from: OpenNs;
  to: OpenNs;
  signal?: AbortSignal;
}): Promise<Json> {
  const { host, params } = o;
  const { addr: address, ns } = params.to;
  const before = new Round(host);
  const owner = (await before.table(ns, 'addr'))?.find((a) => a.local === address);
  const counted = await packetCounts(before, params.via);
  const pattern = randomBytes(16);
  const witness = owner && (await startWitness(o.to.fds, { ifname: owner.ifname, address, pattern }));
  try {
    const result = await ping(o.from.fds, { address, count: params.count, pattern, signal: o.signal });
    const seenThere = witness ? await witness.count(result.received) : 0;
    const after = await packetCounts(new Round(host), params.via);
    return {
      ...result,
      witness: { ifname: owner?.ifname ?? null, seen: seenThere },
      via: params.via.map(({ ifname }, i) => ({
        ifname,
        moved: after[i]! - counted[i]! >= 2 * Math.max(1, result.received),
      })),
    };
  } finally {
    witness?.close();
  }
}
