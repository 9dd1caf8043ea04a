import type { Amounts, Cost } from '../drivers/step.js';

const DIMENSIONS = ['cpuMilli', 'memMiB', 'pids', 'inotifyInstances', 'ptys'] as const;
type Dimension = (typeof DIMENSIONS)[number];

/** How far the sum of the enforced limits may pass the capacity; undefined = limits do not count. */
const OVERCOMMIT: Record<Dimension, number | undefined> = {
  cpuMilli: undefined,
  memMiB: 3,
  pids: 4,
  inotifyInstances: 8,
  ptys: 1,
};

/** The machine as it is. */
export interface Machine {
  cores: number;
  memMiB: number;
  pidMax: number;
  inotifyMax: number;
  ptyMax: number;
}

/** What of a machine is for sandboxes. Reserves for system, service and page cache: never more than 60 % of a small one. */
export function capacityOf(m: Machine, o: { memMiB?: number; pids?: number } = {}): Amounts {
  const reserved = 1024 + 1024 + 1536 + m.memMiB * 0.1;
  return {
    cpuMilli: m.cores * 1000,
    memMiB: Math.floor(o.memMiB ?? Math.max(m.memMiB - reserved, m.memMiB * 0.4)),
    pids: o.pids ?? Math.max(m.pidMax - 4096, 1024),
    inotifyInstances: Math.max(m.inotifyMax - 32, 8),
    ptys: Math.max(m.ptyMax - 1024, 64),
  };
}

export type Verdict = { fits: true } | { fits: false; reason: Dimension; impossible: boolean };

/** Sums of what is admitted, checked against the capacity in every dimension. */
export class Budget {
  private readonly reserve = zero();
  private readonly limit = zero();

  constructor(readonly capacity: Amounts) {}

  check(cost: Cost): Verdict {
    for (const d of DIMENSIONS) {
      if (!this.holds(d, cost, this.reserve[d], this.limit[d])) {
        return { fits: false, reason: d, impossible: !this.holds(d, cost, 0, 0) };
      }
    }
    return { fits: true };
  }

  add(cost: Cost): void {
    this.move(cost, 1);
  }

  remove(cost: Cost): void {
    this.move(cost, -1);
  }

  /** For forecasts: what happens to it does not happen to this one. */
  copy(): Budget {
    const copy = new Budget(this.capacity);
    for (const d of DIMENSIONS) {
      copy.reserve[d] = this.reserve[d];
      copy.limit[d] = this.limit[d];
    }
    return copy;
  }

  used(): Amounts {
    return { ...this.reserve };
  }

  private holds(d: Dimension, cost: Cost, reserved: number, limited: number): boolean {
    const overcommit = OVERCOMMIT[d];
    if (reserved + cost.reserve[d] > this.capacity[d]) return false;
    return overcommit === undefined || (limited + cost.limit[d]) / overcommit <= this.capacity[d];
  }

  private move(cost: Cost, sign: 1 | -1): void {
    for (const d of DIMENSIONS) {
      this.reserve[d] += sign * cost.reserve[d];
      this.limit[d] += sign * cost.limit[d];
    }
  }
}

function zero(): Amounts {
  return { cpuMilli: 0, memMiB: 0, pids: 0, inotifyInstances: 0, ptys: 0 };
}
