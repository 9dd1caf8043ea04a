import type { Prisma } from '../database/generated/client.js';
import type { Bus } from './bus.js';
import type { EventType } from './event-payloads.js';

export interface NewEvent {
  tenantId: string;
  /** What it carries is in the catalogue, which is published. */
  type: EventType;
  sandboxId?: string;
  userId?: string;
  cohortId?: string;
  payload: Prisma.InputJsonValue;
}

/** Appends to the feed inside the transaction of the change that it tells of. */
export class EventOutbox {
  constructor(private readonly bus: Bus) {}

  /** An event of a sandbox belongs to the sandbox's cohort, too. */
  async append(tx: Prisma.TransactionClient, event: NewEvent): Promise<void> {
    const { tenantId, type, sandboxId = null, userId = null, payload } = event;
    await tx.$executeRaw`
      INSERT INTO "Event" ("tenantId", type, "sandboxId", "userId", "cohortId", payload)
      VALUES (${tenantId}, ${type}, ${sandboxId}, ${userId},
        coalesce(${event.cohortId ?? null}::text, (SELECT "cohortId" FROM "Sandbox" WHERE id = ${sandboxId})),
        ${JSON.stringify(payload)}::jsonb)`;
  }

  /** Call after the commit: wakes the readers of the feed. */
  committed(sandboxId: string | null): void {
    this.bus.emit('feed.appended', { sandboxId });
  }
}
