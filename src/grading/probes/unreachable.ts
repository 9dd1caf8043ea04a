import { faulted, type Observation, type Observations } from '../observation.js';
import type { Prober } from './run-probe.js';

/** For a lab host that cannot be looked at, such as one of the fake driver: our fault, never the learner's. */
export function unreachableProber(why: string): Prober {
  const observation: Observation = faulted('platform', 'ended', why);
  return {
    look: (calls) =>
      Promise.resolve(Object.fromEntries(Object.keys(calls).map((n) => [n, observation])) as Observations),
    act: () => Promise.resolve(observation),
    watch: () => Promise.resolve(),
    rest: () => undefined,
    close: () => undefined,
  };
}
