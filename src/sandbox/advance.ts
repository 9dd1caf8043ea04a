import type { Clock } from '../common/clock.js';
import { kernelName } from '../common/ids.js';
import type { Logger } from '../common/logger.js';
import { Semaphore } from '../common/semaphore.js';
import type { HostDriver } from '../drivers/host-driver.js';
import { hostCapabilities } from '../drivers/requires.js';
import type { Bus } from '../events/bus.js';
import type { Admission } from './admission.js';
import type { Faults } from './fault.js';
import { type Entry, type Living, toLive } from './living.js';
import type { SandboxRow } from './sandbox-row.js';
import { next, type SandboxEvent } from './sandbox.machine.js';
import type { SandboxRepository } from './sandbox.repository.js';
import { runSteps, type RunOptions, undoSteps } from './step-runner.js';

const MAX_ATTEMPTS = 2;
const DESTROY_TIMEOUT_MS = 30_000;
const MAX_BACKOFF_MS = 60_000;

export interface AdvanceDeps {
  living: Living;
  admission: Admission;
  repository: SandboxRepository;
  driver: HostDriver;
  bus: Bus;
  clock: Clock;
  logger: Logger;
  faults: Faults;
  /** How long a ready sandbox of this row may run, ms. */
  lifetimeMs(row: SandboxRow): Promise<number>;
  /** Sandboxes being made or released at once. */
  concurrency: number;
}

export function move(
  row: SandboxRow,
  event: SandboxEvent,
): { type: string; payload: Record<string, unknown> } {
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
      if (entry.row.state === 'provisioning') await this.making.run(() => this.provision(entry));
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

  private optionsOf(entry: Entry): RunOptions {
    const { row } = entry;
    const { driver, clock, logger, faults, repository } = this.d;
    const spec = { slot: row.slot!, requires: hostCapabilities(row.requires) };
    return {
      id: kernelName(row.id),
      attempt: row.attempt,
      steps: driver.plan(kernelName(row.id), row.attempt, spec).steps,
      signal: entry.cancel.signal,
      clock,
      logger,
      faults,
      note: (text) => logger.info({ sandbox: row.id }, text),
      onSlow: (step) =>
        void repository
          .noteStep(row, step)
          .catch((error: unknown) => logger.warn({ err: error }, 'step was not noted')),
    };
  }

  private async provision(entry: Entry): Promise<void> {
    if (entry.row.intent !== 'run') return;
    this.d.faults.at('before:provision');
    const options = this.optionsOf(entry);
    const result = await runSteps(options);
    const initPid = result.ok ? result.facts['initPid'] : undefined;
    if (result.ok && typeof initPid === 'number') return this.becomeReady(entry, initPid, result.records);
    const error = result.ok ? new Error('no step left the pid of the lab host') : result.error;
    this.d.logger.error(
      { err: error, sandbox: entry.row.id, attempt: entry.row.attempt },
      'provisioning failed',
    );
    await undoSteps(options);
    await this.d.driver.destroy(options.id, this.call(DESTROY_TIMEOUT_MS));
    await entry.change((row) => {
      if (row.intent !== 'run') return [];
      if (row.attempt < MAX_ATTEMPTS) {
        row.attempt += 1;
        return [];
      }
      row.intent = 'fail';
      row.failureCode = 'provisioning_failed';
      row.failureDetail = String(error instanceof Error ? error.message : error).slice(0, 500);
      return [];
    }, result.records);
    this.again.add(entry.row.id);
  }

  private async becomeReady(
    entry: Entry,
    initPid: number,
    records: Parameters<Entry['change']>[1],
  ): Promise<void> {
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
    const live = toLive(entry);
    if (live) this.d.bus.emit('sandbox.ready', live);
  }

  private async release(entry: Entry): Promise<void> {
    this.d.faults.at('before:destroy');
    const started = performance.now();
    await this.d.driver.destroy(kernelName(entry.row.id), this.call(DESTROY_TIMEOUT_MS));
    this.d.logger.debug({ sandbox: entry.row.id, ms: Math.round(performance.now() - started) }, 'destroyed');
    this.d.faults.at('after:destroy');
    await this.finish(entry, entry.row.intent === 'fail' ? 'given_up' : 'gone');
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
