import type { Prisma } from '../database/generated/client.js';
import type { Bus } from './bus.js';

export interface NewEvent {
  tenantId: string;
  /** Dotted name: sandbox.state, objective.state, … */
  type: string;
  sandboxId?: string;
  userId?: string;
  payload: Prisma.InputJsonValue;
}

/** Appends to the feed inside the transaction of the change that it tells of. */
export class EventOutbox {
  constructor(private readonly bus: Bus) {}

  async append(tx: Prisma.TransactionClient, event: NewEvent): Promise<void> {
    await tx.event.createMany({ data: [event] });
  }

  /** Call after the commit: wakes the readers of the feed. */
  committed(sandboxId: string | null): void {
    this.bus.emit('feed.appended', { sandboxId });
  }
}
