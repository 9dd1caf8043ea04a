import type { Clock } from '../common/clock.js';
import type { Admission } from './admission.js';
import type { BuildTimes } from './build-times.js';
import { forecast } from './eta.js';
import type { Entry, Living } from './living.js';
import { mayExist } from './sandbox.machine.js';
import type { SandboxRow } from './sandbox-row.js';

/** From the end of a sandbox to its room being free, ms: measured with a kind cluster, and with a lab host alone. */
const RELEASE_MS = { cluster: 1500, host: 50 };

export interface QueuePlace {
  /** 1 = next. */
  position: number;
  etaSeconds: number | null;
  /** What there is too little of, or `order`: others come first. */
  reason: string;
}

export interface QueueForecastDeps {
  admission: Admission;
  living: Living;
  times: BuildTimes;
  clock: Clock;
  /** Clusters that can be made at once. */
  builders: number;
  idleTtlMs: number;
  /** How long a sandbox of this row may run, ms; undefined while its lab was not looked up yet. */
  lifetimeMs(row: SandboxRow): number | undefined;
}

/** Position and ETA of those who wait. */
export class QueueForecast {
  constructor(private readonly d: QueueForecastDeps) {}

  placeOf(entry: Entry): QueuePlace | undefined {
    return this.places().get(entry);
  }

  places(): Map<Entry, QueuePlace> {
    const places = new Map<Entry, QueuePlace>();
    const now = this.d.clock.now();
    for (const line of this.d.admission.everyone()) {
      const etas = line.length > 0 ? this.run(line) : [];
      for (const [i, entry] of line.entries()) {
        const verdict = this.d.admission.verdict(entry.row.cost);
        const eta = etas[i];
        const etaSeconds = eta === undefined ? null : Math.max(0, Math.ceil((eta - now) / 1000));
        places.set(entry, { position: i + 1, etaSeconds, reason: verdict.fits ? 'order' : verdict.reason });
      }
    }
    return places;
  }

  private run(line: Entry[]): (number | undefined)[] {
    const { clock, times, admission } = this.d;
    const cluster = line[0]?.row.cluster !== null;
    const kind = cluster ? 'cluster' : 'host';
    const buildMs = times.expected(kind);
    const living = [...this.d.living.entries.values()].filter((e) => mayExist(e.row.state));
    return forecast({
      now: clock.now(),
      budget: admission.budget.copy(),
      living: living.map((e) => this.living(e)),
      waiting: line.map((e) => ({
        cost: e.row.cost,
        lifetimeMs: this.d.lifetimeMs(e.row) ?? Infinity,
        buildMs,
      })),
      // Lab hosts alone are made by the dozen.
      builders: cluster ? this.d.builders : 64,
      releaseMs: RELEASE_MS[kind],
    });
  }

  private living(entry: Entry) {
    const { row, made } = entry;
    const now = this.d.clock.now();
    if (row.intent !== 'run' || row.state === 'releasing') return { cost: row.cost, endsAt: now };
    // Those who wait come before the pool, whose units give way.
    if (row.userId === null) return { cost: row.cost, endsAt: now };
    if (row.state === 'provisioning') {
      const begun = made.startedAt > 0 ? made.startedAt : now;
      const readyAt = begun + this.d.times.expected(row.cluster ? 'cluster' : 'host');
      const lifetime = this.d.lifetimeMs(row);
      const endsAt =
        row.expiresAt?.getTime() ?? (lifetime === undefined ? undefined : Math.max(now, readyAt) + lifetime);
      return { cost: row.cost, endsAt, ...(row.cluster ? { readyAt } : {}) };
    }
    return { cost: row.cost, endsAt: this.endOf(entry) };
  }

  /** A sandbox that nobody is attached to ends with its idleness, if that comes first. */
  private endOf(entry: Entry): number | undefined {
    const { row } = entry;
    const end = row.expiresAt?.getTime();
    if (entry.attachments > 0 || !row.lastActivityAt) return end;
    return Math.min(end ?? Infinity, row.lastActivityAt.getTime() + this.d.idleTtlMs);
  }
}
