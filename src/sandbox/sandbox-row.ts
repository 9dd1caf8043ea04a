import type { Cost } from '../drivers/step.js';
import type { SandboxState } from './sandbox.machine.js';

export type Intent = 'run' | 'release' | 'fail';

/** One row of Sandbox, as the service keeps it while it lives. */
export interface SandboxRow {
  tenantId: string;
  id: string;
  userId: string;
  labId: string;
  labSlug: string;
  labVersionId: string;
  state: SandboxState;
  intent: Intent;
  version: number;
  attempt: number;
  slot: number | null;
  cost: Cost;
  seed: string;
  requires: string[];
  tier: string;
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
  type: string;
  payload: Record<string, unknown>;
}
