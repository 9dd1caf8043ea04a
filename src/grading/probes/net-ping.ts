import { randomBytes } from 'node:crypto';
import { closeSync } from 'node:fs';
import type { EntryFds } from '../../linux/netns/enter.js';
import { openNamedNetns } from '../../linux/netns/named-netns.js';
import { NetnsError } from '../../linux/netns/netns-error.js';
import { RefusedPath } from '../../linux/netns/open-inside.js';
import { ping } from '../../linux/netns/ping.js';
import { startWitness } from '../../linux/netns/witness.js';
import type { Json } from '../json.js';
import { seen, type Observation } from '../observation.js';
import type { PingParams } from './netns-params.js';
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

interface OpenNs {
  fds: EntryFds;
  release(): void;
}

function openNs({ handle }: ProbeHost, ns: string): OpenNs | undefined {
  if (ns === 'main')
    return { fds: { netns: handle.mainNetns, userNs: handle.userNs }, release: () => undefined };
  try {
    const { fd } = openNamedNetns(handle, ns);
    return { fds: { netns: fd, userNs: handle.userNs }, release: () => closeSync(fd) };
  } catch (error) {
    if (error instanceof RefusedPath && error.reason === 'absent') return undefined;
    if (error instanceof RefusedPath) throw new NetnsError('tenant', 'refused', error.message);
    throw error;
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
  const counted = await counters(before, params);
  const pattern = randomBytes(16);
  const witness = owner && (await startWitness(o.to.fds, { ifname: owner.ifname, address, pattern }));
  try {
    const result = await ping(o.from.fds, { address, count: params.count, pattern, signal: o.signal });
    const seenThere = witness ? await witness.count(result.received) : 0;
    const after = await counters(new Round(host), params);
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

/** Packets in both directions on each interface of the way; 0 for one that is not there. */
async function counters(round: Round, params: PingParams): Promise<number[]> {
  return Promise.all(
    params.via.map(async ({ ns, ifname }) => {
      const link = (await round.table(ns, 'link'))?.find((l) => l.ifname === ifname);
      return link ? link.rx + link.tx : 0;
    }),
  );
}
