import type { EventType } from '../events/event-payloads.js';
import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import type { Draw } from '../labs/params.js';
import { Prisma } from '../database/generated/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { EventOutbox } from '../events/outbox.js';
import type { Decision } from './credit.js';
import { notStored, type Try } from './doubtful-tries.js';
import type { EvidenceBody } from './evidence.js';
import type { EndedRow } from './ended-runs.js';
import type { Fall } from './fall.js';
import type { DrawnRun } from './foreign-tokens.js';
import type { Frozen } from './freeze.js';
import type { Json } from './json.js';
import { appendLog, type LogWriter } from './log/log.repository.js';
import type { LogChunk } from './log/run-log.js';
import { frozenOf, saveRun, storedDecision, storedObjective } from './run-rows.repository.js';
import type { Score } from './score.js';

const MAX_DRAWN = 5000;
const MAX_RUNS = 50;
/** Before the id of a tripwire: a row of `Past` that says when it was tripped. */
const TRIP_KEY = '$trip.';
/** What the last change without evidence was known by. */
const WRITE_KEY = '$write';

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
  /** The state that an error came from. */
  cameFrom: string | null;
  /** Bit n-1 = the condition of hint n held once. */
  hintsOpen: number;
  retries: number;
  fall: Fall | null;
  unblockedAt: Date | null;
  /** When it was first passed. */
  passedAt: Date | null;
  spentMs: number;
}

/** A person's word about an objective; a null state takes the ones before back. */
export interface StoredDecision {
  objectiveId: string;
  state: Decision['state'] | null;
  reason: string;
  by: string;
  /** Credential. */
  actor: string;
  at: Date;
}

export interface StoredFlag {
  flag: string;
  subject: string;
  at: Date;
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
  events: { type: EventType; payload: Prisma.InputJsonValue }[];
  trips: StoredTrip[];
  flags: { flag: string; subject: string }[];
  decisions: StoredDecision[];
  frozen?: Frozen & Score;
  /** What the learner sees from now on. */
  shown?: Json;
  /** The learner's own feed tells nothing of these events. */
  hidden: boolean;
  /** Earlier tries to store what it carries along, and what is stored with this one to know it by. */
  tries?: readonly Try[];
  marker?: string | undefined;
  /** What led here, as far as it is not stored yet. */
  log?: LogChunk[];
}

@Injectable()
export class GradingRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly outbox: EventOutbox,
  ) {}

  /** States, evidence and events of one look in one transaction. */
  async save(change: Change, writer?: LogWriter): Promise<void> {
    const { tenantId, sandboxId, userId } = change;
    await this.prisma.client.$transaction(async (tx) => {
      for (const { objectiveId, hintsTaken, fall, ...rest } of change.objectives) {
        const explanation = fall === null ? Prisma.DbNull : (fall as unknown as Prisma.InputJsonObject);
        const row = { ...rest, hintLevel: hintsTaken, explanation };
        await tx.objectiveState.upsert({
          where: { sandboxId_objectiveId: { sandboxId, objectiveId } },
          create: { tenantId, sandboxId, objectiveId, ...row },
          update: row,
        });
      }
      const known = await markersStored(tx, change);
      const left = notStored(change, (marker) => known.has(marker));
      if (change.marker !== undefined && !change.evidence.some(({ id }) => id === change.marker)) {
        const row = { tenantId, sandboxId, key: WRITE_KEY, observations: { marker: change.marker } };
        await tx.past.upsert({
          where: { sandboxId_key: { sandboxId, key: WRITE_KEY } },
          create: row,
          update: row,
        });
      }
      if (change.evidence.length > 0) {
        await tx.evidence.createMany({
          skipDuplicates: true,
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
      for (const { id, at, evidenceId } of change.trips)
        past.push({ key: `${TRIP_KEY}${id}`, observations: { at: at.toISOString(), evidenceId } });
      // An objective that is passed again is remembered as it is passed now.
      for (const { key, observations } of past) {
        const row = { tenantId, sandboxId, key, observations };
        await tx.past.upsert({
          where: { sandboxId_key: { sandboxId, key } },
          create: row,
          update: key.startsWith('$') ? {} : { observations },
        });
      }
      if (writer && change.log) await appendLog(tx, writer, change.log);
      if (change.flags.length > 0) {
        await tx.runFlag.createMany({
          data: change.flags.map((flag) => ({ tenantId, sandboxId, ...flag })),
          skipDuplicates: true,
        });
      }
      if (left.decisions.length > 0)
        await tx.override.createMany({ data: left.decisions.map((d) => ({ tenantId, sandboxId, ...d })) });
      await saveRun(tx, change);
      const seenBy = change.hidden ? {} : { userId };
      for (const event of left.events)
        await this.outbox.append(tx, { tenantId, sandboxId, ...seenBy, ...event });
    });
    if (change.events.length > 0) this.outbox.committed(sandboxId);
  }

  async load(sandboxId: string): Promise<{
    objectives: StoredObjective[];
    past: Record<string, Record<string, Json>>;
    frozen: Frozen | null;
    shown: Json;
    trips: StoredTrip[];
    flags: StoredFlag[];
    decisions: StoredDecision[];
  }> {
    const rows = await this.prisma.client.objectiveState.findMany({ where: { sandboxId } });
    const pastRows = await this.prisma.client.past.findMany({ where: { sandboxId } });
    const run = await this.prisma.client.run.findUnique({ where: { sandboxId } });
    const flags = await this.prisma.client.runFlag.findMany({ where: { sandboxId }, orderBy: { at: 'asc' } });
    const decisions = await this.prisma.client.override.findMany({
      where: { sandboxId },
      orderBy: { id: 'asc' },
    });
    return {
      objectives: rows.map(storedObjective),
      past: Object.fromEntries(
        pastRows
          .filter((p) => !p.key.startsWith('$'))
          .map((p) => [p.key, p.observations as unknown as Record<string, Json>]),
      ),
      frozen: run && frozenOf(run),
      shown: (run?.shown ?? null) as Json,
      flags: flags.map(({ flag, subject, at }) => ({ flag, subject, at })),
      decisions: decisions.map(storedDecision),
      trips: pastRows.filter((p) => p.key.startsWith(TRIP_KEY)).map(tripOf),
    };
  }

  async evidence(sandboxId: string, id: string) {
    return this.prisma.client.evidence.findFirst({ where: { sandboxId, id } });
  }

  /** Runs of a lab whose parameters were drawn, the newest. */
  async drawnRuns(tenantId: string, labSlug: string): Promise<DrawnRun[]> {
    const rows = await this.prisma.client.sandbox.findMany({
      where: { tenantId, labSlug, draw: { not: Prisma.DbNull } },
      select: { id: true, userId: true, labVersionId: true, draw: true },
      orderBy: { createdAt: 'desc' },
      take: MAX_DRAWN,
    });
    return rows.flatMap(({ id: sandboxId, userId, labVersionId, draw }) =>
      userId && labVersionId ? [{ sandboxId, userId, labVersionId, draw: draw as unknown as Draw }] : [],
    );
  }

  /** Sandboxes of a learner and lab whose run is over, the newest first. */
  async endedRuns(of: { tenantId: string; userId: string; labId: string }): Promise<EndedRow[]> {
    const rows = await this.prisma.client.$queryRaw<EndedRow[]>(Prisma.sql`
      SELECT s."tenantId", s.id, s."labVersionId", s.draw, s."readyAt", s."endedAt", s."failureCode"
      FROM "Sandbox" s LEFT JOIN "Run" r ON r."sandboxId" = s.id
      WHERE s."tenantId" = ${of.tenantId} AND s."userId" = ${of.userId} AND s."labId" = ${of.labId}
        AND s."readyAt" IS NOT NULL AND (s."endedAt" IS NOT NULL OR r."frozenAt" IS NOT NULL)
      ORDER BY s."createdAt" DESC LIMIT ${MAX_RUNS}`);
    return rows;
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

/** Of the earlier tries, those that were done. */
async function markersStored(
  tx: Prisma.TransactionClient,
  { sandboxId, tries = [] }: Pick<Change, 'sandboxId' | 'tries'>,
): Promise<Set<string>> {
  if (tries.length === 0) return new Set();
  const id = { in: tries.map(({ marker }) => marker) };
  const evidence = await tx.evidence.findMany({ where: { id }, select: { id: true } });
  const write = await tx.past.findFirst({ where: { sandboxId, key: WRITE_KEY } });
  const last = (write?.observations as { marker: string } | undefined)?.marker;
  return new Set([...evidence.map((row) => row.id), ...(last === undefined ? [] : [last])]);
}

function tripOf(row: { key: string; observations: unknown }): StoredTrip {
  const { at, evidenceId } = row.observations as { at: string; evidenceId: string | null };
  return { id: row.key.slice(TRIP_KEY.length), at: new Date(at), evidenceId };
}
