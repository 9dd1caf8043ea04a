import type { Clock } from '../common/clock.js';
import { kernelName } from '../common/ids.js';
import type { Logger } from '../common/logger.js';
import type { ClusterDriver, ClusterFound } from '../drivers/cluster-driver.js';
import type { HostDriver, HostFound } from '../drivers/host-driver.js';
import type { CallOptions } from '../drivers/step.js';
import type { Bus } from '../events/bus.js';
import type { Admission } from './admission.js';
import type { Advance } from './advance.js';
import { type Entry, type Living, toLive } from './living.js';
import type { Recipe } from './recipe.js';
import { mayExist } from './sandbox.machine.js';
import type { SandboxRepository } from './sandbox.repository.js';

const EVERY_MS = 30_000;
/** Between rounds: how often process 1 of every lab host is looked at. */
const PULSE_MS = 1000;
/** A thing without a row is left alone for so long: its row may be about to be written. */
const ORPHAN_AFTER_MS = 60_000;
/** More orphans than this look like a wrong database, not like leaks: they are only reported. */
const MAX_ORPHANS = 5;
const REPAIR_MS = 90_000;

export interface ReconcilerDeps {
  living: Living;
  admission: Admission;
  advance: Advance;
  repository: SandboxRepository;
  driver: HostDriver;
  clusters: ClusterDriver;
  recipe: Recipe;
  bus: Bus;
  clock: Clock;
  logger: Logger;
}

/** Compares what the rows intend with what the machine shows, and only ever asks `Advance` to act on a row. */
export class Reconciler {
  private readonly orphans = new Map<string, number>();
  private readonly repairing = new Map<string, 'running' | 'failed'>();
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
    const asked = this.d.clock.now();
    const call = { signal: AbortSignal.timeout(10_000), deadline: this.d.clock.now() + 10_000 };
    const [found, clusters] = await Promise.all([this.d.driver.list(call), this.listClusters(call)]);
    const hosts = new Map(found.map((f) => [f.id, f]));
    const byName = clusters && new Map(clusters.map((f) => [f.id, f]));
    for (const entry of this.d.living.entries.values()) {
      // Made while the engine answered: this list cannot know it.
      if (isYounger(entry, asked)) continue;
      const name = kernelName(entry.row.id);
      await this.compare(entry, hosts.get(name), byName && (byName.get(name) ?? 'absent'));
    }
    await this.sweep([...new Set([...found, ...(clusters ?? [])].map((f) => f.id))]);
  }

  /** undefined = the engine does not answer: nothing may be concluded, and lab hosts without clusters go on. */
  private async listClusters(call: CallOptions): Promise<ClusterFound[] | undefined> {
    if (this.d.clusters.name === 'none') return undefined;
    try {
      return await this.d.clusters.list(call);
    } catch (error) {
      this.d.logger.warn({ err: error }, 'clusters cannot be looked at');
      return undefined;
    }
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

  private async compare(
    entry: Entry,
    seen: HostFound | undefined,
    cluster: ClusterFound | 'absent' | undefined,
  ): Promise<void> {
    const { row } = entry;
    const held = row.state === 'provisioning' && row.heldAt !== null;
    if (row.intent !== 'run' || (row.state === 'provisioning' && !held)) return this.d.advance.kick(entry);
    if (row.state !== 'ready' && row.state !== 'paused' && !held) return;
    if (seen?.state === 'unknown') return;
    const hostRuns = seen?.state === 'running' && seen.attempt === row.attempt;
    const why = hostRuns ? await this.clusterFault(entry, cluster) : 'the lab host is gone';
    if (hostRuns && why === undefined) {
      await this.mendUplink(entry);
      return this.adopt(entry, seen);
    }
    this.d.logger.warn({ sandbox: row.id, seen, why }, 'a sandbox is lost');
    await entry.change((r) => {
      r.intent = 'release';
      r.failureCode = 'sandbox_lost';
      r.failureDetail = 'The sandbox ended by itself or was ended from outside. Start a new one.';
      return held ? [] : [{ type: 'sandbox.lost', payload: { failureCode: r.failureCode } }];
    });
    this.d.advance.kick(entry);
  }

  private adopt(entry: Entry, seen: HostFound): void {
    const { row, made } = entry;
    const adopted = entry.initPid === 0;
    entry.initPid = seen.initPid;
    if (row.heldAt !== null && !made.base) {
      // A unit of the service before this one: what it was made of is there.
      const setUp = row.labVersionId !== null;
      const steps = this.d.recipe.base(row).length + (setUp ? 1 : 0);
      Object.assign(made, { base: true, setUp, steps, facts: { initPid: seen.initPid } });
    }
    const live = toLive(entry);
    if (adopted && live) this.d.bus.emit('sandbox.ready', live);
  }

  /** What is behind it may have run out of memory, and a learner may have deleted their end: no reason to lose more. */
  private async mendUplink({ row }: Entry): Promise<void> {
    if (!row.requires.includes('uplink')) return;
    const call = { signal: AbortSignal.timeout(10_000), deadline: this.d.clock.now() + 10_000 };
    await this.d.driver
      .uplink(kernelName(row.id), row.attempt, call)
      .catch((error: unknown) =>
        this.d.logger.warn({ err: error, sandbox: row.id }, 'an uplink was not mended'),
      );
  }

  /** Why a sandbox cannot go on, as far as its cluster is concerned; mends what can be mended. */
  private async clusterFault(
    entry: Entry,
    cluster: ClusterFound | 'absent' | undefined,
  ): Promise<string | undefined> {
    const { row, made } = entry;
    if (!row.cluster || cluster === undefined) return undefined;
    if (row.clusterPhase === 'deleted' || row.clusterPhase === 'making') return this.interrupted(entry);
    if (cluster === 'absent' || cluster.attempt !== row.attempt) return 'the cluster is gone';
    if (cluster.state === 'unknown' || cluster.state === 'creating') return undefined;
    if (cluster.state === 'stopped') return this.repair(entry);
    this.repairing.delete(row.id);
    made.paused = cluster.state === 'paused';
    const wanted = row.clusterPhase === 'stopped';
    if (row.heldAt !== null || made.paused === wanted || made.claiming) return undefined;
    await entry.exclusive(() => this.setPaused(entry, row.clusterPhase === 'stopped'));
    return undefined;
  }

  /** Once, beside the rounds; what is still stopped when that ended is lost. */
  private repair(entry: Entry): string | undefined {
    const { id, attempt, heldAt } = entry.row;
    const state = this.repairing.get(id);
    if (state === 'failed' || heldAt !== null) return 'a node of the cluster has stopped';
    if (state === 'running') return undefined;
    this.repairing.set(id, 'running');
    const call = { signal: AbortSignal.timeout(REPAIR_MS), deadline: this.d.clock.now() + REPAIR_MS };
    entry
      .exclusive(() => this.d.clusters.repair(kernelName(id), attempt, call))
      .then(() => entry.change(() => [{ type: 'sandbox.repaired', payload: {} }]))
      .then(
        () => this.repairing.delete(id),
        (error: unknown) => {
          this.d.logger.warn({ err: error, sandbox: id }, 'a stopped cluster did not come back');
          this.repairing.set(id, 'failed');
        },
      );
    return undefined;
  }

  /** A cluster that was being made when the service ended is one that the learner starts again. */
  private async interrupted(entry: Entry): Promise<undefined> {
    if (entry.row.clusterPhase !== 'making' || entry.initPid !== 0) return undefined;
    await entry.change((row) => {
      row.clusterPhase = 'deleted';
      return [{ type: 'sandbox.cluster', payload: { phase: 'deleted' } }];
    });
    return undefined;
  }

  private async setPaused(entry: Entry, paused: boolean): Promise<void> {
    const call = { signal: AbortSignal.timeout(10_000), deadline: this.d.clock.now() + 10_000 };
    const { id, attempt, clusterPhase } = entry.row;
    if ((clusterPhase === 'stopped') !== paused) return;
    await this.d.clusters.setPaused(kernelName(id), attempt, paused, call);
    entry.made.paused = paused;
  }

  private async sweep(found: string[]): Promise<void> {
    const known = new Set([...this.d.living.entries.keys()].map(kernelName));
    const orphans = found.filter((id) => !known.has(id));
    for (const id of this.orphans.keys()) if (!orphans.includes(id)) this.orphans.delete(id);
    if (orphans.length > MAX_ORPHANS) {
      this.d.logger.error(
        { orphans: orphans.length },
        'too many lab hosts or clusters without a row: is this the right database?',
      );
      return;
    }
    const now = this.d.clock.now();
    for (const id of orphans) {
      const since = this.orphans.get(id);
      if (since === undefined) this.orphans.set(id, now);
      else if (now - since >= ORPHAN_AFTER_MS) {
        this.d.logger.warn({ id }, 'releasing what no row knows');
        await this.d.driver.destroy(id, { signal: AbortSignal.timeout(30_000), deadline: now + 30_000 });
        if (this.d.clusters.name === 'none') continue;
        await this.d.clusters.destroy(id, { signal: AbortSignal.timeout(120_000), deadline: now + 120_000 });
      }
    }
  }
}

/** Whether this service made it at that moment or later, ms since the epoch. */
function isYounger({ row, made, initPid }: Entry, moment: number): boolean {
  const since = row.heldAt ?? row.readyAt;
  return since !== null && since.getTime() >= moment && (made.base || initPid !== 0);
}
