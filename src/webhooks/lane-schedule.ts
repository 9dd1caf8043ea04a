/**
 * Which lanes of an endpoint are to be worked on. A lane (the events of one sandbox) has one delivery in flight at most,
 * which keeps its order; lanes do not wait for each other, but for the number that may be in flight.
 */
export class LaneSchedule {
  private readonly due = new Map<string, number>();
  private readonly busy = new Set<string>();

  constructor(private readonly atOnce: number) {}

  /** There is something to do in this lane from then on; the earlier of two times counts. */
  add(lane: string, at: number): void {
    const known = this.due.get(lane);
    if (known === undefined || at < known) this.due.set(lane, at);
  }

  /** Lanes to work on now, those that waited longest first; each is busy until `done`. */
  take(now: number): string[] {
    const room = this.atOnce - this.busy.size;
    if (room <= 0) return [];
    const ready = [...this.due].filter(([lane, at]) => at <= now && !this.busy.has(lane));
    const taken = ready
      .toSorted((a, b) => a[1] - b[1])
      .slice(0, room)
      .map(([lane]) => lane);
    for (const lane of taken) {
      this.due.delete(lane);
      this.busy.add(lane);
    }
    return taken;
  }

  /** Worked on; `at` = there may be more to do then. */
  done(lane: string, at: number | undefined): void {
    this.busy.delete(lane);
    if (at !== undefined) this.add(lane, at);
  }

  /** When the next lane that is not busy becomes due; undefined while none does or none could be taken. */
  nextAt(): number | undefined {
    if (this.busy.size >= this.atOnce) return undefined;
    const times = [...this.due].filter(([lane]) => !this.busy.has(lane)).map(([, at]) => at);
    return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
  }
}
