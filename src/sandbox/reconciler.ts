import type { Clock } from '../common/clock.js';
import { kernelName } from '../common/ids.js';
import type { Logger } from '../common/logger.js';
import type { HostDriver, HostFound } from '../drivers/host-driver.js';
import type { Bus } from '../events/bus.js';
import type { Admission } from './admission.js';
import type { Advance } from './advance.js';
import { type Entry, type Living, toLive } from './living.js';
import { mayExist } from './sandbox.machine.js';
import type { SandboxRepository } from './sandbox.repository.js';

const EVERY_MS = 30_000;
/** Between rounds: how often process 1 of every lab host is looked at. */
const PULSE_MS = 1000;
/** A thing without a row is left alone for so long: its row may be about to be written. */
const ORPHAN_AFTER_MS = 60_000;
/** More orphans than this look like a wrong database, not like leaks: they are only reported. */
const MAX_ORPHANS = 5;

export interface ReconcilerDeps {
  living: Living;
  admission: Admission;
  advance: Advance;
  repository: SandboxRepository;
  driver: HostDriver;
  bus: Bus;
  clock: Clock;
  logger: Logger;
}

/** Compares what the rows intend with what the machine shows, and only ever asks `Advance` to act on a row. */
export class Reconciler {
  private readonly orphans = new Map<string, number>();
  private cancel: (() => void) | undefined;
  private cancelPulse: (() => void) | undefined;
  private stopped = false;

  constructor(private readonly d: ReconcilerDeps) {}

  /** Before the service listens: takes over every living row. */
  async start(): Promise<void> {
    for (const row of await this.d.repository.living()) {
      const entry = this.d.living.add(row);
      if (mayExist(row.state)) this.d.admission.restore(row);
      else this.d.admission.enqueue(entry);
      // The time that the service was away is not the learner's idleness.
      row.lastActivityAt = new Date(this.d.clock.now());
    }
    // Without a provider nothing can be compared: the rows wait for a start on a machine that has one.
    if (this.d.driver.name === 'none') return;
    await this.round();
    this.d.advance.admit();
    this.schedule();
    this.pulse();
  }

  stop(): void {
    this.stopped = true;
    this.cancel?.();
    this.cancelPulse?.();
  }

  async round(): Promise<void> {
    const found = await this.d.driver.list({
      signal: AbortSignal.timeout(10_000),
      deadline: this.d.clock.now() + 10_000,
    });
    const byName = new Map(found.map((f) => [f.id, f]));
    for (const entry of this.d.living.entries.values())
      await this.compare(entry, byName.get(kernelName(entry.row.id)));
    await this.sweep(found);
  }

  private schedule(): void {
    if (this.stopped) return;
    this.cancel = this.d.clock.after(EVERY_MS, () => {
      this.round()
        .catch((error: unknown) =>
          this.d.logger.warn({ err: error }, 'reconciliation failed, the next round comes'),
        )
        .finally(() => this.schedule());
    });
  }

  /** A learner whose machine has ended is told within seconds, not at the next round. */
  private pulse(): void {
    if (this.stopped) return;
    this.cancelPulse = this.d.clock.after(PULSE_MS, () => {
      const dead = [...this.d.living.entries.values()].some(({ row, initPid }) => {
        const watched = row.state === 'ready' && row.intent === 'run' && initPid > 0;
        return watched && this.d.driver.isAlive?.(initPid) === false;
      });
      (dead ? this.round() : Promise.resolve())
        .catch((error: unknown) =>
          this.d.logger.warn({ err: error }, 'a dead lab host could not be released yet'),
        )
        .finally(() => this.pulse());
    });
  }

  private async compare(entry: Entry, seen: HostFound | undefined): Promise<void> {
    const { row } = entry;
    if (row.intent !== 'run' || row.state === 'provisioning') return this.d.advance.kick(entry);
    if (row.state !== 'ready' && row.state !== 'paused') return;
    if (seen?.state === 'running' && seen.attempt === row.attempt) {
      const adopted = entry.initPid === 0;
      entry.initPid = seen.initPid;
      const live = toLive(entry);
      if (adopted && live) this.d.bus.emit('sandbox.ready', live);
      return;
    }
    if (seen?.state === 'unknown') return;
    this.d.logger.warn({ sandbox: row.id, seen }, 'the lab host is gone');
    await entry.change((r) => {
      r.intent = 'release';
      r.failureCode = 'sandbox_lost';
      r.failureDetail = 'The lab host ended by itself or was ended from outside. Start a new sandbox.';
      return [{ type: 'sandbox.lost', payload: { failureCode: r.failureCode } }];
    });
    this.d.advance.kick(entry);
  }

  private async sweep(found: HostFound[]): Promise<void> {
    const known = new Set([...this.d.living.entries.keys()].map(kernelName));
    const orphans = found.filter((f) => !known.has(f.id)).map((f) => f.id);
    for (const id of this.orphans.keys()) if (!orphans.includes(id)) this.orphans.delete(id);
    if (orphans.length > MAX_ORPHANS) {
      this.d.logger.error(
        { orphans: orphans.length },
        'too many lab hosts without a row: is this the right database?',
      );
      return;
    }
    const now = this.d.clock.now();
    for (const id of orphans) {
      const since = this.orphans.get(id);
      if (since === undefined) this.orphans.set(id, now);
      else if (now - since >= ORPHAN_AFTER_MS) {
        this.d.logger.warn({ id }, 'releasing a lab host that no row knows');
        await this.d.driver.destroy(id, { signal: AbortSignal.timeout(30_000), deadline: now + 30_000 });
      }
    }
  }
}
