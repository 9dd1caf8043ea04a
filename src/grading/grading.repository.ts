import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import type { Prisma } from '../database/generated/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { EventOutbox } from '../events/outbox.js';
import type { EvidenceBody } from './evidence.js';
import type { Json } from './json.js';

/** Key of the row of `Past` that says since when a run is frozen; no objective can be named so. */
const FREEZE_KEY = '$freeze';
/** Before the id of a tripwire: a row of `Past` that says when it was tripped. */
const TRIP_KEY = '$trip.';

export interface StoredObjective {
  objectiveId: string;
  state: string;
  since: Date;
  credited: boolean;
  attempts: number;
  /** Bit n-1 = hint n was taken. */
  hintsTaken: number;
  hintCost: number;
  evidenceId: string | null;
}

export interface StoredTrip {
  id: string;
  at: Date;
  evidenceId: string | null;
}

export interface Change {
  tenantId: string;
  sandboxId: string;
  userId: string;
  objectives: StoredObjective[];
  evidence: { id: string; body: EvidenceBody }[];
  past: { key: string; observations: Record<string, Json> }[];
  events: { type: string; payload: Prisma.InputJsonValue }[];
  trips: StoredTrip[];
  frozenAt?: Date;
}

@Injectable()
export class GradingRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly outbox: EventOutbox,
  ) {}

  /** States, evidence and events of one look in one transaction. */
  async save(change: Change): Promise<void> {
    const { tenantId, sandboxId, userId } = change;
    await this.prisma.client.$transaction(async (tx) => {
      for (const { objectiveId, hintsTaken, ...rest } of change.objectives) {
        const row = { ...rest, hintLevel: hintsTaken };
        await tx.objectiveState.upsert({
          where: { sandboxId_objectiveId: { sandboxId, objectiveId } },
          create: { tenantId, sandboxId, objectiveId, ...row },
          update: row,
        });
      }
      if (change.evidence.length > 0) {
        await tx.evidence.createMany({
          data: change.evidence.map(({ id, body }) => ({
            tenantId,
            sandboxId,
            id,
            objectiveId: body.objective,
            body: body as unknown as Prisma.InputJsonValue,
          })),
        });
      }
      const past = change.past.map(({ key, observations }) => ({
        key,
        observations: observations as Prisma.InputJsonValue,
      }));
      if (change.frozenAt)
        past.push({ key: FREEZE_KEY, observations: { at: change.frozenAt.toISOString() } });
      for (const { id, at, evidenceId } of change.trips)
        past.push({ key: `${TRIP_KEY}${id}`, observations: { at: at.toISOString(), evidenceId } });
      if (past.length > 0) {
        await tx.past.createMany({
          data: past.map((p) => ({ tenantId, sandboxId, ...p })),
          skipDuplicates: true,
        });
      }
      for (const event of change.events)
        await this.outbox.append(tx, { tenantId, sandboxId, userId, ...event });
    });
    if (change.events.length > 0) this.outbox.committed(sandboxId);
  }

  async load(sandboxId: string): Promise<{
    objectives: StoredObjective[];
    past: Record<string, Record<string, Json>>;
    frozenAt: Date | null;
    trips: StoredTrip[];
  }> {
    const rows = await this.prisma.client.objectiveState.findMany({ where: { sandboxId } });
    const pastRows = await this.prisma.client.past.findMany({ where: { sandboxId } });
    const freeze = pastRows.find((p) => p.key === FREEZE_KEY)?.observations as { at: string } | undefined;
    return {
      objectives: rows.map(({ hintLevel, ...row }) => ({ ...row, hintsTaken: hintLevel })),
      past: Object.fromEntries(
        pastRows
          .filter((p) => !p.key.startsWith('$'))
          .map((p) => [p.key, p.observations as unknown as Record<string, Json>]),
      ),
      frozenAt: freeze ? new Date(freeze.at) : null,
      trips: pastRows.filter((p) => p.key.startsWith(TRIP_KEY)).map(tripOf),
    };
  }

  async evidence(sandboxId: string, id: string) {
    return this.prisma.client.evidence.findFirst({ where: { sandboxId, id } });
  }

  /** Locale of the learner's profile. */
  async localeOf(tenantId: string, userId: string): Promise<string | undefined> {
    const user = await this.prisma.client.user.findFirst({
      where: { tenantId, id: userId },
      select: { locale: true },
    });
    return user?.locale;
  }

  newEvidenceId(): string {
    return newId('evd');
  }
}

function tripOf(row: { key: string; observations: unknown }): StoredTrip {
  const { at, evidenceId } = row.observations as { at: string; evidenceId: string | null };
  return { id: row.key.slice(TRIP_KEY.length), at: new Date(at), evidenceId };
}
