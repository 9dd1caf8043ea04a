import type { EventType } from '../events/event-payloads.js';
import type { Clock } from '../common/clock.js';
import { kernelName } from '../common/ids.js';
import type { Logger } from '../common/logger.js';
import { Semaphore } from '../common/semaphore.js';
import type { ClusterDriver } from '../drivers/cluster-driver.js';
import type { HostDriver } from '../drivers/host-driver.js';
import type { Step } from '../drivers/step.js';
import type { Bus } from '../events/bus.js';
import type { Admission } from './admission.js';
import type { Faults } from './fault.js';
import type { LearnerSteps } from './learner-steps.js';
import { type Entry, type Living, toLive } from './living.js';
import type { Recipe } from './recipe.js';
import type { SandboxRow, StepRecord } from './sandbox-row.js';
import { next, type SandboxEvent } from './sandbox.machine.js';
import type { SandboxRepository } from './sandbox.repository.js';
import { runSteps, type RunOptions, undoSteps } from './step-runner.js';

const MAX_ATTEMPTS = 2;
const DESTROY_TIMEOUT_MS = 30_000;
const CLUSTER_DESTROY_TIMEOUT_MS = 120_000;
const MAX_BACKOFF_MS = 60_000;

export interface AdvanceDeps {
  living: Living;
  admission: Admission;
  repository: SandboxRepository;
  driver: HostDriver;
  clusters: ClusterDriver;
  recipe: Recipe;
  learner: LearnerSteps;
  bus: Bus;
  clock: Clock;
  logger: Logger;
  faults: Faults;
  /** A warm unit is held, or could not be made; its time from the start, ms. */
  onUnit(entry: Entry, outcome: 'held' | 'failed', ms: number): void;
  /** Cold provisioning took so long, ms. */
  onMade(entry: Entry, ms: number): void;
  /** How long a ready sandbox of this row may run, ms. */
  lifetimeMs(row: SandboxRow): Promise<number>;
  /** Sandboxes being made or released at once. */
  concurrency: number;
}

export function move(
  row: SandboxRow,
  event: SandboxEvent,
): { type: EventType; payload: Record<string, unknown> } {
  const from = row.state;
  const to = next(from, event);
  if (!to) throw new Error(`sandbox ${row.id}: ${event} does not apply in ${from}`);
  row.state = to;
  const { failureCode, failureDetail, expiresAt } = row;
  return { type: 'sandbox.state', payload: { from, state: to, failureCode, failureDetail, expiresAt } };
}

/** The one place that acts: brings a sandbox to what its row intends, and never two at once for one sandbox. */
export class Advance {
  private readonly running = new Set<string>();
  private readonly again = new Set<string>();
  private readonly making: Semaphore;
  private readonly releasing: Semaphore;
  private stopped = false;

  constructor(private readonly d: AdvanceDeps) {
    this.making = new Semaphore(d.concurrency);
    this.releasing = new Semaphore(d.concurrency);
  }

  kick(entry: Entry): void {
    const { id } = entry.row;
    if (this.stopped) return;
    if (this.running.has(id)) {
      this.again.add(id);
      return;
    }
    this.running.add(id);
    void this.loop(entry);
  }

  /** No new work; what runs ends by itself. */
  stop(): void {
    this.stopped = true;
  }

  private async loop(entry: Entry): Promise<void> {
    const { id } = entry.row;
    for (let backoff = 250; ; backoff = Math.min(backoff * 2, MAX_BACKOFF_MS)) {
      try {
        do {
          this.again.delete(id);
          await this.advance(entry);
        } while (this.again.has(id));
        break;
      } catch (error) {
        this.d.logger.error(
          { err: error, sandbox: id, state: entry.row.state, backoff },
          'sandbox did not advance, will try again',
        );
        await new Promise<void>((resolve) => void this.d.clock.after(backoff, resolve));
        if (this.stopped) break;
      }
    }
    this.running.delete(id);
  }

  private async advance(entry: Entry): Promise<void> {
    if (entry.row.intent === 'run') {
      if (entry.row.state === 'queued') this.admit();
      if (entry.row.state === 'provisioning' && entry.row.heldAt === null) await this.make(entry);
    }
    if (entry.row.intent === 'run') return;
    if (entry.row.state === 'queued') return this.finish(entry, 'release');
    if (entry.row.state !== 'releasing') await entry.change((row) => [move(row, 'release')]);
    this.d.bus.emit('sandbox.ending', {
      sandboxId: entry.row.id,
      reason: entry.row.failureCode ?? 'released',
    });
    await this.releasing.run(() => this.release(entry));
  }

  /** Clusters take long and have a limit of their own in their driver: they must not keep lab hosts waiting. */
  private make(entry: Entry): Promise<void> {
    return entry.row.cluster ? this.provision(entry) : this.making.run(() => this.provision(entry));
  }

  /** Gives free room to those who wait, in their order. */
  admit(): void {
    for (let fit = this.d.admission.nextFitting(); fit; fit = this.d.admission.nextFitting()) {
      const { entry, slot } = fit;
      entry
        .change((row) => {
          row.slot = slot;
          row.attempt = 1;
          return [move(row, 'admit')];
        })
        .then(() => this.kick(entry))
        .catch((error: unknown) => {
          this.d.logger.error(
            { err: error, sandbox: entry.row.id },
            'admission was not written, will try again',
          );
          this.d.admission.giveBack(entry.row.cost, slot);
          this.d.admission.enqueue(entry);
          this.d.clock.after(1000, () => this.admit());
        });
    }
  }

  private optionsOf(entry: Entry, steps: Step[]): RunOptions {
    const { row, made } = entry;
    const { clock, logger, faults, repository } = this.d;
    return {
      id: kernelName(row.id),
      attempt: row.attempt,
      steps,
      firstOrdinal: made.steps,
      facts: made.facts,
      signal: entry.cancel.signal,
      clock,
      logger,
      faults,
      note: (text) => logger.info({ sandbox: row.id }, text),
      onSlow: (step) =>
        void repository
          .noteStep(entry.row, step)
          .catch((error: unknown) => logger.warn({ err: error }, 'step was not noted')),
    };
  }

  /** Makes what needs no learner, holds a warm unit there, and goes on to `ready` once there is one. */
  private async provision(entry: Entry): Promise<void> {
    if (entry.row.intent !== 'run') return;
    this.d.faults.at('before:provision');
    const { made } = entry;
    const records: StepRecord[] = [];
    if (!made.base) {
      made.startedAt = this.d.clock.now();
      const steps = [...this.d.recipe.base(entry.row), ...this.d.learner.setUp(entry)];
      if (!(await this.run(entry, steps, records))) return;
      made.base = true;
      if (entry.row.userId === null) return this.hold(entry, records);
    }
    // Claimed while it was being made, or held and claimed now.
    const rest = [...this.d.learner.setUp(entry), ...this.d.learner.access(entry)];
    if (!(await this.run(entry, rest, records))) return;
    const { initPid } = made.facts;
    if (typeof initPid === 'number') return this.becomeReady(entry, initPid, records);
    await this.giveUp(entry, new Error('no step left the pid of the lab host'), records);
  }

  /** Runs steps after those before them; false when they failed, and were undone. */
  private async run(entry: Entry, steps: Step[], records: StepRecord[]): Promise<boolean> {
    const result = await runSteps(this.optionsOf(entry, steps));
    records.push(...result.records);
    if (!result.ok) {
      await this.giveUp(entry, result.error, records);
      return false;
    }
    entry.made.facts = result.facts;
    entry.made.steps += steps.length;
    return true;
  }

  /** Undoes an attempt; the next one follows, or the end. Warm units have one attempt, as nobody waits for them. */
  private async giveUp(entry: Entry, error: unknown, records: StepRecord[]): Promise<void> {
    const { made } = entry;
    const cancelled = entry.row.intent !== 'run';
    if (!cancelled) {
      const { id, attempt } = entry.row;
      this.d.logger.error({ err: error, sandbox: id, attempt }, 'provisioning failed');
    }
    const options = this.optionsOf(entry, this.d.recipe.base(entry.row));
    await undoSteps(options);
    await this.destroy(entry);
    const unit = entry.row.userId === null;
    if (unit && !cancelled) this.d.onUnit(entry, 'failed', this.d.clock.now() - made.startedAt);
    await entry.change((row) => {
      if (row.intent !== 'run') return [];
      if (row.attempt < MAX_ATTEMPTS && row.userId !== null) {
        row.attempt += 1;
        return [];
      }
      row.intent = 'fail';
      row.failureCode = 'provisioning_failed';
      row.failureDetail = String(error instanceof Error ? error.message : error).slice(0, 500);
      return [];
    }, records);
    Object.assign(made, { base: false, setUp: false, facts: {}, steps: 0, paused: false });
    this.again.add(entry.row.id);
  }

  private async hold(entry: Entry, records: StepRecord[]): Promise<void> {
    this.d.faults.at('before:hold');
    const now = this.d.clock.now();
    await entry.change((row) => {
      if (row.userId === null) row.heldAt = new Date(now);
      return [];
    }, records);
    this.d.faults.at('after:hold');
    entry.made.answeredAt = now;
    if (entry.row.heldAt === null) return void this.again.add(entry.row.id);
    this.d.onUnit(entry, 'held', now - entry.made.startedAt);
  }

  private async becomeReady(entry: Entry, initPid: number, records: StepRecord[]): Promise<void> {
    this.d.faults.at('before:ready');
    const lifetime = await this.d.lifetimeMs(entry.row);
    entry.initPid = initPid;
    await entry.change((row) => {
      const now = this.d.clock.now();
      row.readyAt = new Date(now);
      row.lastActivityAt = new Date(now);
      row.expiresAt ??= new Date(now + lifetime);
      return [move(row, 'provisioned')];
    }, records);
    this.d.faults.at('after:ready');
    if (entry.made.startedAt > 0) this.d.onMade(entry, this.d.clock.now() - entry.made.startedAt);
    const live = toLive(entry);
    if (live) this.d.bus.emit('sandbox.ready', live);
  }

  private async release(entry: Entry): Promise<void> {
    this.d.faults.at('before:destroy');
    const started = performance.now();
    await this.destroy(entry);
    this.d.logger.debug({ sandbox: entry.row.id, ms: Math.round(performance.now() - started) }, 'destroyed');
    this.d.faults.at('after:destroy');
    await this.finish(entry, entry.row.intent === 'fail' ? 'given_up' : 'gone');
  }

  /** The lab host first: its link hangs on the network of the cluster. */
  private async destroy(entry: Entry): Promise<void> {
    const id = kernelName(entry.row.id);
    await this.d.driver.destroy(id, this.call(DESTROY_TIMEOUT_MS));
    if (entry.row.cluster) await this.d.clusters.destroy(id, this.call(CLUSTER_DESTROY_TIMEOUT_MS));
  }

  private async finish(entry: Entry, event: SandboxEvent): Promise<void> {
    const { cost, slot } = entry.row;
    await entry.change((row) => {
      row.slot = null;
      row.endedAt = new Date(this.d.clock.now());
      return [move(row, event)];
    });
    this.d.living.remove(entry.row.id);
    if (slot !== null) this.d.admission.giveBack(cost, slot);
    this.admit();
  }

  private call(ms: number) {
    return { signal: AbortSignal.timeout(ms), deadline: this.d.clock.now() + ms };
  }
}
