import type { Clock } from '../../common/clock.js';
import { kernelName } from '../../common/ids.js';
import type { Logger } from '../../common/logger.js';
import type { ClusterDriver } from '../../drivers/cluster-driver.js';
import type { Advance } from '../advance.js';
import type { ClusterApi } from '../cluster-api.js';
import type { Entry } from '../living.js';
import type { Admission } from '../admission.js';
import type { Cost } from '../../drivers/step.js';
import type { Living } from '../living.js';

const PROBE_EVERY_MS = 10_000;
const PROBE_MS = 2000;
const PAUSE_MS = 10_000;

export interface UnitCareDeps {
  living: Living;
  admission: Admission;
  advance: Advance;
  clusters: ClusterDriver;
  api: ClusterApi;
  clock: Clock;
  logger: Logger;
  /** Units kept running for the next claim; the others cost no processor time. */
  keepRunning: number;
  maxAgeMs: number;
}

/** Looks after held units: asks them, pauses them, lets them go. A failing one is released, never repaired. */
export class UnitCare {
  constructor(private readonly d: UnitCareDeps) {}

  async round(units: Entry[]): Promise<void> {
    const now = this.d.clock.now();
    const held = units.filter((e) => e.row.heldAt !== null && !e.made.claiming);
    for (const unit of held) {
      if (now - unit.row.heldAt!.getTime() > this.d.maxAgeMs) await this.discard(unit, 'too old');
    }
    const young = held.filter((e) => e.row.intent === 'run');
    await this.balance(young);
    await Promise.all(young.map((e) => this.prepare(e)));
    await Promise.all(young.filter((e) => !e.made.paused).map((e) => this.probe(e)));
  }

  /** The newest ones run: they live longest. */
  private async balance(held: Entry[]): Promise<void> {
    const newestFirst = held.toSorted((a, b) => b.row.heldAt!.getTime() - a.row.heldAt!.getTime());
    for (const [index, unit] of newestFirst.entries()) {
      const paused = index >= this.d.keepRunning;
      if (unit.made.paused === paused || unit.made.claiming) continue;
      await this.setPaused(unit, paused);
    }
  }

  private async setPaused(unit: Entry, paused: boolean): Promise<void> {
    const { row, made } = unit;
    const call = { signal: AbortSignal.timeout(PAUSE_MS), deadline: this.d.clock.now() + PAUSE_MS };
    try {
      await unit.exclusive(async () => {
        if (made.claiming) return;
        await this.d.clusters.setPaused(kernelName(row.id), row.attempt, paused, call);
        made.paused = paused;
        if (!paused) made.answeredAt = 0;
      });
    } catch (error) {
      this.d.logger.warn({ err: error, sandbox: row.id, paused }, 'a warm unit cannot be paused or resumed');
      await this.discard(unit, 'broken');
    }
  }

  /** Signs ahead what its claim will hand out. */
  private async prepare(unit: Entry): Promise<void> {
    const { row, made } = unit;
    if (made.spare || made.claiming) return;
    const call = { signal: AbortSignal.timeout(PROBE_MS), deadline: this.d.clock.now() + PROBE_MS };
    // Without it the claim signs one itself.
    const spare = await this.d.clusters
      .access(kernelName(row.id), row.attempt, 'learner', call)
      .catch(() => undefined);
    if (!made.claiming) made.spare = spare;
  }

  private async probe(unit: Entry): Promise<void> {
    const { row, made } = unit;
    if (this.d.clock.now() - made.answeredAt < PROBE_EVERY_MS) return;
    const call = { signal: AbortSignal.timeout(PROBE_MS), deadline: this.d.clock.now() + PROBE_MS };
    const ok = await this.d.clusters
      .access(kernelName(row.id), row.attempt, 'grader', call)
      .then((access) => this.d.api.answers(access, PROBE_MS))
      .catch(() => false);
    if (ok) made.answeredAt = this.d.clock.now();
    else if (!made.claiming && row.userId === null) await this.discard(unit, 'does not answer');
  }

  async discard(unit: Entry, why: string): Promise<void> {
    this.d.logger.info(
      { sandbox: unit.row.id, lab: unit.row.labSlug ?? 'any', why },
      'a warm unit is released',
    );
    await unit.change((row) => {
      if (row.userId === null) row.intent = 'release';
      return [];
    });
    if (unit.row.intent !== 'release') return;
    unit.cancel.abort();
    this.d.advance.kick(unit);
  }

  /** People come before the pool: lets units go until `cost` would fit, if that helps at all. */
  async makeRoom(cost: Cost): Promise<void> {
    const budget = this.d.admission.budget.copy();
    const ending = [...this.d.living.entries.values()].filter((e) => e.row.intent !== 'run');
    for (const entry of ending) budget.remove(entry.row.cost);
    const victims: Entry[] = [];
    const units = [...this.d.living.entries.values()].filter(
      ({ row, made }) => row.userId === null && row.intent === 'run' && !made.claiming,
    );
    for (const unit of units) {
      if (budget.check(cost).fits) break;
      budget.remove(unit.row.cost);
      victims.push(unit);
    }
    if (budget.check(cost).fits) for (const unit of victims) await this.discard(unit, 'room for a learner');
  }
}
