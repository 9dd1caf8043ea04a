const KEPT = 20;
/** Before anything was measured. */
const FIRST_GUESS_MS = { host: 100, cluster: 25_000 };

export type Kind = keyof typeof FIRST_GUESS_MS;

/** How long making a sandbox took of late: the 75th percentile of the last ones. */
export class BuildTimes {
  private readonly times: Record<Kind, number[]> = { host: [], cluster: [] };

  add(kind: Kind, ms: number): void {
    this.times[kind] = [...this.times[kind], ms].slice(-KEPT);
  }

  expected(kind: Kind): number {
    const sorted = this.times[kind].toSorted((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) * 0.75)] ?? FIRST_GUESS_MS[kind];
  }
}
