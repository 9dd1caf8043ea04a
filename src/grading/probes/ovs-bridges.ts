import { readBridges } from '../../linux/netns/ovsdb.js';
import type { Json } from '../json.js';
import { seen, type Observation } from '../observation.js';
import type { Round } from './round.js';

/** Bridges by name, or the one asked for; null while Open vSwitch does not run. */
export async function ovsBridges(round: Round, name: string | undefined): Promise<Observation> {
  const bridges = await readBridges(round.host.handle);
  const wanted = bridges?.filter((bridge) => name === undefined || bridge.name === name) ?? null;
  return seen(wanted as Json);
}
