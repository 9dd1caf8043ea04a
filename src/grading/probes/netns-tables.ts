import { resolvePeer } from '../../linux/netns/peers.js';
import type { Json } from '../json.js';
import { seen, type Observation } from '../observation.js';
import type { Round } from './round.js';

const ABSENT = seen(null);

/** Interfaces by index; null when there is no such namespace. */
export async function netnsLinks(round: Round, ns: string): Promise<Observation> {
  const links = await round.table(ns, 'link');
  if (!links) return ABSENT;
  const known = links.some((link) => link.far) ? await round.knownLinks() : new Map();
  return seen(
    links.map((link): Json => {
      const { far, ...shown } = link;
      const peer = far && resolvePeer(ns, link, known);
      return { ...shown, peer: peer && { ...peer } };
    }),
  );
}

export async function netnsAddrs(round: Round, ns: string): Promise<Observation> {
  const rows = await round.table(ns, 'addr');
  return rows ? seen(rows.map((row): Json => ({ ...row }))) : ABSENT;
}

export async function netnsRoutes(round: Round, ns: string): Promise<Observation> {
  const rows = await round.table(ns, 'route');
  return rows ? seen(rows.map((row): Json => ({ ...row }))) : ABSENT;
}

export async function netnsNeigh(round: Round, ns: string): Promise<Observation> {
  const rows = await round.table(ns, 'neigh');
  return rows ? seen(rows.map((row): Json => ({ ...row }))) : ABSENT;
}
