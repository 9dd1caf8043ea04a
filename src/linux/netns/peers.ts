import type { Link } from './ip-json.js';

export interface Peer {
  ns: string;
  ifname: string;
}

/**
 * Finds the other end of a veth pair among the known namespaces. The kernel names it by its index and by an id that
 * only this namespace understands, so both ends must point at each other, and what one id stands for must be the same
 * for all links of the namespace. More than one answer is no answer.
 */
export function resolvePeer(
  from: string,
  link: Link,
  known: ReadonlyMap<string, readonly Link[]>,
): Peer | null {
  const { far } = link;
  if (!far) return null;
  if ('name' in far) return { ns: from, ifname: far.name };
  const candidates = candidatesOf(from, link, known);
  const siblings = (known.get(from) ?? []).filter(
    (other) => other.far && 'netnsid' in other.far && other.far.netnsid === far.netnsid && other !== link,
  );
  const fitting = candidates.filter((c) => siblings.every((s) => isPossible(from, s, c.ns, known)));
  return fitting.length === 1 ? fitting[0]! : null;
}

function candidatesOf(from: string, link: Link, known: ReadonlyMap<string, readonly Link[]>): Peer[] {
  const peers: Peer[] = [];
  for (const [ns, links] of known) {
    if (ns === from) continue;
    for (const other of links) if (pointAtEachOther(link, other)) peers.push({ ns, ifname: other.ifname });
  }
  return peers;
}

function pointAtEachOther(a: Link, b: Link): boolean {
  return (
    a.far !== null &&
    'index' in a.far &&
    b.far !== null &&
    'index' in b.far &&
    a.far.index === b.ifindex &&
    b.far.index === a.ifindex
  );
}

/** A sibling whose end is in no known namespace says nothing; one whose end is elsewhere alone contradicts. */
function isPossible(
  from: string,
  sibling: Link,
  ns: string,
  known: ReadonlyMap<string, readonly Link[]>,
): boolean {
  const candidates = candidatesOf(from, sibling, known);
  return candidates.length === 0 || candidates.some((c) => c.ns === ns);
}
