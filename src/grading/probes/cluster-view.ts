import { NO_CLUSTER_FACTS, type SandboxFacts } from '../facts.js';
import { ABSENT, type Observation, type Observations } from '../observation.js';
import type { ProbeCall } from './calls.js';
import type { News } from './prober.js';

/** Where the node of a cluster and its objects are, for requests that are sent from there or to there. */
export interface HttpTargets {
  /** An open network namespace of the first node; undefined when it does not run. */
  nodeNetns(): number | undefined;
  /** `host:port` of each target with the name to show; undefined when there is no such object. */
  resolve(to: HttpTarget, port: number): { target: string; address: string }[] | undefined;
}

export type HttpTarget = Extract<ProbeCall, { probe: 'http.get' }>['params']['to'];

/** One state of the cluster: there is none, it is being reached, or it is observed. */
export interface ClusterView {
  look(calls: Record<string, ProbeCall>): Promise<Observations>;
  act(call: ProbeCall): Promise<Observation>;
  glance(calls: Record<string, ProbeCall>): Observations;
  facts(): SandboxFacts;
  inventions(): readonly string[];
  targets(): HttpTargets | undefined;
  watch(onNews: (news: News) => void): void;
  close(): void;
}

/** No cluster, or one that is not there for the learner: nothing in it exists. */
export const NO_CLUSTER: ClusterView = constantView(ABSENT);

/** Every question gets the same answer. */
export function constantView(answer: Observation): ClusterView {
  const all = (calls: Record<string, ProbeCall>): Observations =>
    Object.fromEntries(Object.keys(calls).map((name) => [name, answer]));
  return {
    look: (calls) => Promise.resolve(all(calls)),
    act: () => Promise.resolve(answer),
    glance: all,
    facts: () => NO_CLUSTER_FACTS,
    inventions: () => [],
    targets: () => undefined,
    watch: () => undefined,
    close: () => undefined,
  };
}
