import { closeSync } from 'node:fs';
import { labHostEntry, machineEntry, type EntryFds, type NetnsEntry } from '../../linux/netns/enter.js';
import { openNamedNetns } from '../../linux/netns/named-netns.js';
import { NetnsError } from '../../linux/netns/netns-error.js';
import { RefusedPath } from '../../linux/netns/open-inside.js';
import { OUTSIDE_NS } from './net-tcp-params.js';
import type { Round, ProbeHost } from './round.js';

/** An open namespace of the lab host; released when the probe is done. */
export interface OpenNs {
  fds: EntryFds;
  release(): void;
}

/** `main` or a name; undefined = there is none. Throws NetnsError for what may not be opened. */
export function openNs({ handle }: ProbeHost, ns: string): OpenNs | undefined {
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

export interface Place extends NetnsEntry {
  release(): void;
}

/** As `openNs`, or the namespace behind the uplink, whose lack is ours to answer for. */
export function openPlace(host: ProbeHost, ns: string): Place | undefined {
  if (ns === OUTSIDE_NS) {
    const netns = host.outside?.();
    if (netns === undefined) throw new NetnsError('platform', 'ended', 'there is nothing behind the uplink');
    return { ...machineEntry(netns), release: () => closeSync(netns) };
  }
  const open = openNs(host, ns);
  return open && { ...labHostEntry(open.fds), release: () => open.release() };
}

/** Packets in both directions on each interface of a way; 0 for one that is not there. */
export async function packetCounts(round: Round, via: { ns: string; ifname: string }[]): Promise<number[]> {
  return Promise.all(
    via.map(async ({ ns, ifname }) => {
      const link = (await round.table(ns, 'link'))?.find((l) => l.ifname === ifname);
      return link ? link.rx + link.tx : 0;
    }),
  );
}
