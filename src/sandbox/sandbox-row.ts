import type { EventType } from '../events/event-payloads.js';
import type { Cost } from '../drivers/step.js';
import type { Draw } from '../labs/params.js';
import type { ClusterPhase } from './live-sandbox.js';
import type { SandboxState } from './sandbox.machine.js';

export type Intent = 'run' | 'release' | 'fail';

/** What a lab asks of the cluster part. */
export interface ClusterNeed {
  nodes: number;
  admin: boolean;
  /** `learner`: hidden until the learner starts it. */
  start: 'platform' | 'learner';
}

/** One row of Sandbox, as the service keeps it while it lives. */
export interface SandboxRow {
  tenantId: string;
  id: string;
  /** null = a warm unit that nobody has claimed. */
  userId: string | null;
  /** null = a warm unit for any lab of its base. */
  labId: string | null;
  labSlug: string | null;
  labVersionId: string | null;
  state: SandboxState;
  intent: Intent;
  version: number;
  attempt: number;
  slot: number | null;
  cost: Cost;
  seed: string;
  /** What the parameters of the run are drawn from; null = the lab's defaults. */
  draw: Draw | null;
  requires: string[];
  tier: string;
  /** What warm units must have in common to be exchangeable. */
  base: string | null;
  /** Since when a warm unit waits for a learner. */
  heldAt: Date | null;
  cluster: ClusterNeed | null;
  clusterPhase: ClusterPhase | null;
  createdAt: Date;
  readyAt: Date | null;
  openedAt: Date | null;
  expiresAt: Date | null;
  lastActivityAt: Date | null;
  endedAt: Date | null;
  extensions: number;
  replacesId: string | null;
  failureCode: string | null;
  failureDetail: string | null;
  cohortId: string | null;
  /** The learner asks for help since then. */
  handRaisedAt: Date | null;
}

export interface StepRecord {
  attempt: number;
  ordinal: number;
  name: string;
  state: 'running' | 'done' | 'failed' | 'undone';
  startedAt: Date;
  endedAt: Date | null;
  error: string | null;
}

export interface SandboxEventRecord {
  type: EventType;
  payload: Record<string, unknown>;
}

/** A sandbox that has a learner. */
export type ClaimedRow = SandboxRow & {
  userId: string;
  labId: string;
  labSlug: string;
  labVersionId: string;
};

export function isClaimed(row: SandboxRow): row is ClaimedRow {
  return row.userId !== null && row.labId !== null && row.labSlug !== null && row.labVersionId !== null;
}
