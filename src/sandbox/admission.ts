import type { Budget, Verdict } from './budget.js';
import { FairQueue } from './fair-queue.js';
import type { Entry } from './living.js';
import type { Slots } from './slots.js';

/** Lab hosts alone take little and end soon: they do not wait behind those that want a cluster. */
type Line = 'host' | 'cluster';

const lineOf = (row: Entry['row']): Line => (row.cluster ? 'cluster' : 'host');

/** Who may be provisioned now: as far as the machine reaches, and in a fair order. */
export class Admission {
  private readonly lines: Record<Line, FairQueue<Entry>> = {
    host: new FairQueue((entry) => entry.row.tenantId),
    cluster: new FairQueue((entry) => entry.row.tenantId),
  };

  constructor(
    readonly budget: Budget,
    readonly slots: Slots,
  ) {}

  /** Takes room for a sandbox that is about to be made; undefined when it must queue. */
  tryTake(row: Entry['row']): { slot: number } | undefined {
    if (this.isQueuedFor(row) || !this.budget.check(row.cost).fits) return undefined;
    return this.take(row.cost);
  }

  /** Whether someone waits already for what this one asks for. */
  isQueuedFor(row: Entry['row']): boolean {
    return this.waiting(lineOf(row)).length > 0;
  }

  verdict(cost: Entry['row']['cost']): Verdict {
    return this.budget.check(cost);
  }

  enqueue(entry: Entry): void {
    this.lines[lineOf(entry.row)].push(entry);
  }

  /** The next in line, with its room taken; undefined when nobody waits or the first does not fit. */
  nextFitting(): { entry: Entry; slot: number } | undefined {
    for (const line of ['host', 'cluster'] as const) {
      const entry = this.waiting(line)[0];
      if (!entry || !this.budget.check(entry.row.cost).fits) continue;
      const room = this.take(entry.row.cost);
      if (!room) return undefined;
      this.lines[line].serve(entry);
      return { entry, slot: room.slot };
    }
    return undefined;
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

  /** Everyone who waits, line by line, each in the order of its turns. */
  everyone(): Entry[][] {
    return [this.waiting('host'), this.waiting('cluster')];
  }

  /** In order, without those who were cancelled meanwhile. */
  private waiting(line: Line): Entry[] {
    const queue = this.lines[line];
    const order = queue.order();
    const gone = order.filter((entry) => entry.row.state !== 'queued');
    for (const entry of gone) queue.remove(entry);
    return gone.length === 0 ? order : queue.order();
  }

  private take(cost: Entry['row']['cost']): { slot: number } | undefined {
    const slot = this.slots.take();
    if (slot === undefined) return undefined;
    this.budget.add(cost);
    return { slot };
  }
}
