export const SLOTS = 8192;

/** Slots of the id ranges: the lowest free one, so that a small class stays in a small range. */
export class Slots {
  private readonly taken = new Set<number>();
  private lowest = 0;

  take(): number | undefined {
    for (let slot = this.lowest; slot < SLOTS; slot++) {
      if (this.taken.has(slot)) continue;
      this.taken.add(slot);
      this.lowest = slot + 1;
      return slot;
    }
    return undefined;
  }

  occupy(slot: number): void {
    this.taken.add(slot);
  }

  free(slot: number): void {
    this.taken.delete(slot);
    this.lowest = Math.min(this.lowest, slot);
  }
}
