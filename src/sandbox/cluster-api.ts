import type { ClusterAccess } from '../drivers/cluster-driver.js';
import type { CallOptions } from '../drivers/step.js';

/** What the sandbox core asks of an API server; real or, for clusters in memory, none. */
export interface ClusterApi {
  /** Whether /readyz says ok within the time. Never rejects. */
  answers(access: ClusterAccess, timeoutMs: number): Promise<boolean>;
  /** Such as `v1.34.4`; undefined when it does not answer. Never rejects. */
  version(access: ClusterAccess, timeoutMs: number): Promise<string | undefined>;
  /** The set-up of a lab; resolves once what it made is available. */
  apply(access: ClusterAccess, manifests: string[], o: CallOptions): Promise<void>;
  /** For ~/.kube/config of the learner; `name` is that of the context. */
  kubeconfig(access: ClusterAccess, name: string): string;
}

/** For clusters without an API server. */
export const noApi: ClusterApi = {
  answers: () => Promise.resolve(true),
  version: () => Promise.resolve(undefined),
  apply: () => Promise.resolve(),
  kubeconfig: (access, name) => `# ${name}: ${access.user} at ${access.server}\n`,
};
