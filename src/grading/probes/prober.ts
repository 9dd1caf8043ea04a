import type { SandboxFacts } from '../facts.js';
import type { Observation, Observations } from '../observation.js';
import type { ProbeCall } from './calls.js';

/** Something changed. Of the cluster it is known which questions it may answer anew, of the lab host it is not. */
export type News = { source: 'host' } | { source: 'cluster'; touches(call: ProbeCall): boolean };

/** What grading asks of a sandbox; faked in tests. No method rejects or throws. */
export interface Prober {
  /** One look with all the given calls; reads only. */
  look(calls: Record<string, ProbeCall>): Promise<Observations>;
  /** One probe that sends something. */
  act(call: ProbeCall): Promise<Observation>;
  /** What watched objects are at this very moment; only calls of watched probes. */
  glance(calls: Record<string, ProbeCall>): Observations;
  facts(): SandboxFacts;
  /** What was left out of answers because somebody made it up; told of once each. */
  inventions(): readonly string[];
  /** Calls back at every change, until `rest`; safe to call again and again. */
  watch(onNews: (news: News) => void): Promise<void>;
  /** Gives back what is held between looks. */
  rest(): void;
  close(): void;
}
