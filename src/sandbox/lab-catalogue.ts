import type { ClusterAccess, ClusterNode } from '../drivers/cluster-driver.js';
import type { CallOptions } from '../drivers/step.js';
import type { Draw } from '../labs/params.js';
import type { ClusterNeed } from './sandbox-row.js';

export interface SetUpCluster {
  access: ClusterAccess;
  nodes: readonly ClusterNode[];
  draw: Draw | null;
}

/** What the sandbox core needs to know of a published lab version. */
export interface LabRef {
  labId: string;
  labVersionId: string;
  slug: string;
  /** Ms of usable time. */
  durationMs: number;
  /** Ms per extension. */
  extendByMs: number;
  /** What its sandboxes are given, where the engine can. */
  requires: string[];
  /** Of these, what it cannot do without; absent = nothing. */
  needs?: string[];
  /** null = no cluster. */
  cluster: (ClusterNeed & { fidelity: 'any' | 'real' | 'simulated' }) | null;
  /** Manifests of the set-up with the parameters of a run put in, in their order. */
  setup(draw: Draw | null): string[];
  /** The set-up differs with what is drawn: a unit that was set up without a learner is of no use then. */
  drawsSetup: boolean;
  /** Parameters for the learner's shell. */
  shellEnv(draw: Draw | null): Record<string, string>;
  /** Resolves once the preconditions of the lab hold in its cluster; rejects at the deadline. */
  settled?(cluster: SetUpCluster, o: CallOptions): Promise<void>;
}

/** Implemented over the labs feature. Both reject with AppError (`not_found`, `lab_not_published`, `lab_invalid`). */
export abstract class LabCatalogue {
  abstract resolve(tenantId: string, slug: string): Promise<LabRef>;
  abstract byVersion(tenantId: string, labVersionId: string): Promise<LabRef>;
  /** The tenant's published labs that need a cluster. */
  abstract withCluster(tenantId: string): Promise<LabRef[]>;
}
