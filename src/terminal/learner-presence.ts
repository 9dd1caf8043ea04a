import type { Bus } from '../events/bus.js';

/** Which learners follow their events right now, and so hear of what happens to a terminal that they do not have open. */
export class LearnerPresence {
  private readonly streams = new Map<string, number>();

  constructor(bus: Bus) {
    bus.on('learner.listening', ({ tenantId, userId, change }) => {
      const key = `${tenantId} ${userId}`;
      const count = (this.streams.get(key) ?? 0) + change;
      if (count > 0) this.streams.set(key, count);
      else this.streams.delete(key);
    });
  }

  listens(tenantId: string, userId: string): boolean {
    return this.streams.has(`${tenantId} ${userId}`);
  }
}
