/**
 * Who waits: round-robin between tenants, first come first served within one. The tenant that was served longest ago
 * comes first, so a class of thirty does not keep a single learner of another tenant waiting for all of it. Pure.
 */
export class FairQueue<T> {
  private waiting: T[] = [];
  private readonly served = new Map<string, number>();
  private turns = 0;

  constructor(private readonly tenantOf: (item: T) => string) {}

  push(item: T): void {
    if (!this.waiting.includes(item)) this.waiting.push(item);
  }

  remove(item: T): void {
    this.waiting = this.waiting.filter((other) => other !== item);
  }

  /** Takes an item out because its turn has come. */
  serve(item: T): void {
    this.remove(item);
    this.served.set(this.tenantOf(item), ++this.turns);
    const tenants = new Set(this.waiting.map(this.tenantOf));
    // Without anybody waiting there is no order to keep, and the map would only grow.
    if (tenants.size === 0) this.served.clear();
  }

  get size(): number {
    return this.waiting.length;
  }

  /** Everyone who waits, in the order in which their turns will come. */
  order(): T[] {
    const lanes = new Map<string, T[]>();
    for (const item of this.waiting) {
      const tenant = this.tenantOf(item);
      lanes.set(tenant, [...(lanes.get(tenant) ?? []), item]);
    }
    const served = new Map([...lanes.keys()].map((tenant) => [tenant, this.served.get(tenant) ?? 0]));
    const order: T[] = [];
    for (let turn = this.turns + 1; lanes.size > 0; turn++) {
      const next = [...lanes.keys()].reduce((a, b) => (served.get(b)! < served.get(a)! ? b : a));
      const lane = lanes.get(next)!;
      order.push(lane.shift()!);
      served.set(next, turn);
      if (lane.length === 0) lanes.delete(next);
    }
    return order;
  }
}
