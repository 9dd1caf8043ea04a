import type { Budget, Verdict } from './budget.js';
import type { Entry } from './living.js';
import type { Slots } from './slots.js';

/** Who may be provisioned now: first come, first served, as far as the machine reaches. */
export class Admission {
  private readonly queue: Entry[] = [];

  constructor(
    readonly budget: Budget,
    readonly slots: Slots,
  ) {}

  /** Takes room for a sandbox that is about to be made; undefined when it must queue. */
  tryTake(cost: Entry['row']['cost']): { slot: number } | undefined {
    if (this.queue.length > 0 || !this.budget.check(cost).fits) return undefined;
    return this.take(cost);
  }

  verdict(cost: Entry['row']['cost']): Verdict {
    return this.budget.check(cost);
  }

  enqueue(entry: Entry): void {
    this.queue.push(entry);
  }

  /** The next in line, with its room taken; undefined when nobody waits or the first does not fit. */
  nextFitting(): { entry: Entry; slot: number } | undefined {
    while (this.queue[0] && this.queue[0].row.state !== 'queued') this.queue.shift();
    const entry = this.queue[0];
    if (!entry || !this.budget.check(entry.row.cost).fits) return undefined;
    const room = this.take(entry.row.cost);
    if (!room) return undefined;
    this.queue.shift();
    return { entry, slot: room.slot };
  }

  /** What a living row of before a restart holds. */
  restore(row: Entry['row']): void {
    if (row.slot !== null) this.slots.occupy(row.slot);
    this.budget.add(row.cost);
  }

  giveBack(cost: Entry['row']['cost'], slot: number | null): void {
    this.budget.remove(cost);
    if (slot !== null) this.slots.free(slot);
  }

  /** 1 = next; 0 = not in the queue. */
  position(entry: Entry): number {
    return this.queue.filter((e) => e.row.state === 'queued').indexOf(entry) + 1;
  }

  private take(cost: Entry['row']['cost']): { slot: number } | undefined {
    const slot = this.slots.take();
    if (slot === undefined) return undefined;
    this.budget.add(cost);
    return { slot };
  }
}
