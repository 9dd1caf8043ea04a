import { Batcher } from '../common/batcher.js';
import { AppError } from '../common/errors/app-error.js';
import type { PrismaService } from '../database/prisma.service.js';
import type { SandboxEventRecord, SandboxRow, StepRecord } from './sandbox-row.js';
import * as sql from './sandbox.sql.js';

export interface Change {
  /** The row as it should be, with the version that was read. */
  row: SandboxRow;
  events: SandboxEventRecord[];
  steps: StepRecord[];
}

export interface SandboxFilter {
  tenantId: string;
  userId?: string;
  lab?: string;
  state?: string;
  /** Only sandboxes of these cohorts. */
  cohortIds?: string[];
  limit: number;
  cursor?: string;
}

/** Sandboxes, their steps and their events; bursts of writes share a transaction. */
export class SandboxRepository {
  private readonly inserts: Batcher<Change, boolean>;
  private readonly updates: Batcher<Change, boolean>;

  constructor(private readonly prisma: PrismaService) {
    this.inserts = new Batcher((changes) => this.write(sql.INSERT, changes));
    this.updates = new Batcher((changes) => this.write(sql.UPDATE, changes));
  }

  /** False when the learner already has a living sandbox of this lab, or the slot is taken. */
  insert(change: Change): Promise<boolean> {
    return this.inserts.add(change);
  }

  /** Writes every mutable column; rejects with `version_conflict` if someone else wrote since the read. */
  async update(change: Change): Promise<void> {
    const written = await this.updates.add(change);
    if (!written)
      throw new AppError(
        'version_conflict',
        `Sandbox ${change.row.id} was changed meanwhile. Read it again.`,
      );
    change.row.version += 1;
  }

  async living(): Promise<SandboxRow[]> {
    const rows = await this.prisma.client.sandbox.findMany({
      where: { state: { notIn: ['released', 'failed'] } },
    });
    return rows as unknown as SandboxRow[];
  }

  async find(tenantId: string, id: string): Promise<SandboxRow | undefined> {
    const row = await this.prisma.client.sandbox.findUnique({ where: { tenantId_id: { tenantId, id } } });
    return (row ?? undefined) as unknown as SandboxRow | undefined;
  }

  async page(f: SandboxFilter): Promise<SandboxRow[]> {
    const rows = await this.prisma.client.sandbox.findMany({
      where: {
        tenantId: f.tenantId,
        // Warm units are nobody's yet.
        ...(f.userId === undefined ? { userId: { not: null } } : { userId: f.userId }),
        ...(f.lab === undefined ? {} : { labSlug: f.lab }),
        ...(f.state === undefined ? {} : { state: f.state }),
        ...(f.cohortIds === undefined ? {} : { cohortId: { in: f.cohortIds } }),
      },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: f.limit + 1,
      ...(f.cursor === undefined ? {} : { cursor: { id: f.cursor }, skip: 1 }),
    });
    return rows as unknown as SandboxRow[];
  }

  async steps(sandboxId: string): Promise<StepRecord[]> {
    const rows = await this.prisma.client.sandboxStep.findMany({
      where: { sandboxId },
      orderBy: [{ attempt: 'asc' }, { ordinal: 'asc' }],
    });
    return rows as unknown as StepRecord[];
  }

  /** A step that takes long is seen while it runs. */
  async noteStep(row: SandboxRow, step: StepRecord): Promise<void> {
    await this.prisma.pool.query(sql.NOTE_STEP, [
      JSON.stringify([{ ...step, sandboxId: row.id, tenantId: row.tenantId }]),
    ]);
  }

  private async write(statement: string, changes: Change[]): Promise<boolean[]> {
    const rows = changes.map((c) => c.row);
    const events = changes.flatMap((c) =>
      c.events.map((e) => ({ ...e, tenantId: c.row.tenantId, sandboxId: c.row.id, userId: c.row.userId })),
    );
    const steps = changes.flatMap((c) =>
      c.steps.map((s) => ({ ...s, tenantId: c.row.tenantId, sandboxId: c.row.id })),
    );
    const parameters = [JSON.stringify(rows), JSON.stringify(events), JSON.stringify(steps)];
    const { rows: written } = await this.prisma.pool.query<{ id: string }>({
      name: statement === sql.INSERT ? 'sandbox-insert' : 'sandbox-update',
      text: statement,
      values: parameters,
    });
    const ids = new Set(written.map((w) => w.id));
    return changes.map((c) => ids.has(c.row.id));
  }
}
