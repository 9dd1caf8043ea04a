import { legacyTables, readNft } from '../../linux/netns/nft.js';
import type { Json } from '../json.js';
import { seen, type Observation } from '../observation.js';
import { openNs } from './places.js';
import type { ProbeHost } from './round.js';

/**
 * Chains with their rules; null when there is no such namespace. Tables of the older iptables are listed with
 * `legacy: true` and without chains, and only those of `main` are known.
 */
export async function netnsNft(host: ProbeHost, ns: string): Promise<Observation> {
  const open = openNs(host, ns);
  if (!open) return seen(null);
  try {
    const chains = await readNft(open.fds);
    const legacy = ns === 'main' ? legacyTables(`/proc/self/fd/${host.handle.proc}/net`) : [];
    return seen([
      ...chains.map((chain): Json => ({ ...chain })),
      ...legacy.map((table): Json => ({ ...table, chain: null, legacy: true, rules: [] })),
    ]);
  } finally {
    open.release();
  }
}
