import type { Clock } from '../../common/clock.js';
import type { Logger } from '../../common/logger.js';
import type { Admission } from '../admission.js';
import type { BuildTimes } from '../build-times.js';
import type { Entry, Living } from '../living.js';
import type { LabCatalogue, LabRef } from '../lab-catalogue.js';
import { Breaker } from './breaker.js';
import type { PoolConfig, PoolKey, PoolRule } from './pool-config.js';
import { targets } from './targets.js';
import type { UnitCare } from './unit-care.js';
import type { UnitMaker } from './unit-maker.js';

const TICK_MS = 2000;
const LABS_EVERY_MS = 30_000;
/** Of the machine's room, a pool that nobody asked for takes at most this much. */
const AUTO_SHARE = 0.4;

export interface PoolView {
  lab: string | null;
  target: number;
  running: number;
  paused: number;
  making: number;
  /** Nothing is made before this moment, as the last ones failed. */
  pausedUntil: string | null;
}

export interface WarmPoolDeps {
  living: Living;
  admission: Admission;
  labs: LabCatalogue;
  tenantId: string;
  times: BuildTimes;
  maker: UnitMaker;
  care: UnitCare;
  clock: Clock;
  logger: Logger;
  config: PoolConfig;
  /** What cohorts ask for, beside the configuration. */
  planned?(): PoolRule[];
  builders: number;
  /** Whether the machine has other work to do first, such as learners' own. */
  isBusy(): boolean;
}

interface Goal {
  key: PoolKey;
  lab: LabRef | null;
  base: string;
  count: number;
}

/** Keeps the wanted number of warm units, and gives way to people in everything. */
export class WarmPool {
  private readonly breakers = new Map<PoolKey, Breaker>();
  private labs: LabRef[] = [];
  private labsReadAt = -Infinity;
  private goals: Goal[] = [];
  private cancel: (() => void) | undefined;
  private stopped = false;

  constructor(private readonly d: WarmPoolDeps) {}

  start(): void {
    this.schedule(0);
  }

  stop(): void {
    this.stopped = true;
    this.cancel?.();
  }

  /** A unit was made, or could not be. */
  outcome(entry: Entry, outcome: 'held' | 'failed'): void {
    const breaker = this.breakerOf(entry.row.labSlug);
    if (outcome === 'held') return breaker.succeeded();
    if (breaker.failed(this.d.clock.now())) {
      this.d.logger.error(
        { lab: entry.row.labSlug ?? 'any', until: new Date(breaker.until(this.d.clock.now())!) },
        'warm units of this kind keep failing; no more are made for a while',
      );
    }
  }

  view(): PoolView[] {
    return this.goals.map((goal) => {
      const units = this.unitsOf(goal);
      const held = units.filter((e) => e.row.heldAt !== null);
      const until = this.breakerOf(goal.key).until(this.d.clock.now());
      return {
        lab: goal.key,
        target: goal.count,
        running: held.filter((e) => !e.made.paused).length,
        paused: held.filter((e) => e.made.paused).length,
        making: units.length - held.length,
        pausedUntil: until === undefined ? null : new Date(until).toISOString(),
      };
    });
  }

  /** One round of housekeeping; the timer calls it, and tests do. */
  async round(): Promise<void> {
    await this.readLabs();
    this.goals = this.goalsNow();
    const units = this.units();
    const fresh = new Map(this.goals.map((goal) => [goal, this.unitsOf(goal)]));
    const wanted = new Set([...fresh.values()].flat());
    for (const unit of units.filter((e) => !wanted.has(e))) await this.d.care.discard(unit, 'not wanted');
    for (const [goal, of] of fresh) {
      const surplus = this.byUse(of).slice(goal.count);
      for (const unit of surplus) await this.d.care.discard(unit, 'surplus');
    }
    await this.d.care.round(this.units());
    const waiting = this.d.admission.everyone().flat();
    // One that was being made when the queue began must not stand idle beside it.
    if (waiting[0]) await this.d.care.makeRoom(waiting[0].row.cost);
    else await this.refill();
  }

  private schedule(ms: number): void {
    if (this.stopped) return;
    this.cancel = this.d.clock.after(ms, () => {
      this.round()
        .catch((error: unknown) => this.d.logger.warn({ err: error }, 'the pool will try again'))
        .finally(() => this.schedule(TICK_MS));
    });
  }

  /** The one with the largest deficit, and only while nobody else needs the machine. */
  private async refill(): Promise<void> {
    const { clock } = this.d;
    if (this.d.isBusy()) return;
    const making = this.units().some((e) => e.row.heldAt === null);
    if (making) return;
    const deficits = this.goals
      .map((goal) => ({ goal, lacks: goal.count - this.unitsOf(goal).length }))
      .filter(({ goal, lacks }) => lacks > 0 && this.breakerOf(goal.key).until(clock.now()) === undefined)
      .toSorted((a, b) => b.lacks - a.lacks);
    const next = deficits[0]?.goal;
    if (!next || (next.key === null && !this.hasShare())) return;
    await this.d.maker.make(next.lab);
  }

  private hasShare(): boolean {
    if (this.d.config !== 'auto') return true;
    const held = this.units().reduce((sum, e) => sum + e.row.cost.reserve.memMiB, 0);
    const one = this.units()[0]?.row.cost.reserve.memMiB ?? this.d.maker.costOf(null).reserve.memMiB;
    return held + one <= this.d.admission.budget.capacity.memMiB * AUTO_SHARE;
  }

  private goalsNow(): Goal[] {
    const now = new Date(this.d.clock.now());
    const { times, builders } = this.d;
    const buildMs = times.expected('cluster');
    const wanted = targets({ rules: this.rules(), now, buildMs, builders });
    return [...wanted].flatMap(([key, count]): Goal[] => {
      if (key === null) return [{ key, lab: null, base: this.d.maker.baseOf(null), count }];
      const lab = this.labs.find((l) => l.slug === key);
      return lab ? [{ key, lab, base: this.d.maker.baseOf(lab), count }] : [];
    });
  }

  /** `auto`: one for any lab, where there is a lab that could use it. */
  private rules(): PoolRule[] {
    const planned = this.d.planned?.() ?? [];
    if (this.d.config !== 'auto') return [...this.d.config, ...planned];
    return this.labs.length > 0 ? [{ key: null, count: 1 }, ...planned] : [];
  }

  private units(): Entry[] {
    return [...this.d.living.entries.values()].filter(
      ({ row, made }) => row.userId === null && row.intent === 'run' && !made.claiming,
    );
  }

  private unitsOf(goal: Goal): Entry[] {
    const version = goal.lab?.labVersionId ?? null;
    return this.units().filter(({ row }) => row.base === goal.base && row.labVersionId === version);
  }

  /** What is of most use first, so that the rest can go. */
  private byUse(units: Entry[]): Entry[] {
    const rank = ({ row, made }: Entry) => (row.heldAt === null ? 2 : made.paused ? 1 : 0);
    return units.toSorted(
      (a, b) => rank(a) - rank(b) || b.row.createdAt.getTime() - a.row.createdAt.getTime(),
    );
  }

  private breakerOf(key: PoolKey): Breaker {
    let breaker = this.breakers.get(key);
    if (!breaker) this.breakers.set(key, (breaker = new Breaker()));
    return breaker;
  }

  private async readLabs(): Promise<void> {
    const now = this.d.clock.now();
    if (now - this.labsReadAt < LABS_EVERY_MS) return;
    this.labs = await this.d.labs.withCluster(this.d.tenantId);
    this.labsReadAt = now;
  }
}
