import { NO_CLUSTER_FACTS } from '../facts.js';
import { faulted, type Observation, type Observations } from '../observation.js';
import type { Prober } from './prober.js';

/** For a sandbox that cannot be looked at, such as one that has ended: our fault, never the learner's. */
export function unreachableProber(why: string): Prober {
  const observation: Observation = faulted('platform', 'ended', why);
  const all = (calls: Record<string, unknown>): Observations =>
    Object.fromEntries(Object.keys(calls).map((name) => [name, observation]));
  return {
    look: (calls) => Promise.resolve(all(calls)),
    act: () => Promise.resolve(observation),
    glance: all,
    facts: () => NO_CLUSTER_FACTS,
    inventions: () => [],
    watch: () => Promise.resolve(),
    rest: () => undefined,
    close: () => undefined,
  };
}
