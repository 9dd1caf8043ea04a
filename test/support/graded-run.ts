import { inflateRawSync } from 'node:zlib';
import { silentLogger } from '../../src/common/logger.js';
import { ManualClock } from '../../src/common/manual-clock.js';
import { Semaphore } from '../../src/common/semaphore.js';
import { notStored } from '../../src/grading/doubtful-tries.js';
import type {
  Change,
  StoredDecision,
  StoredObjective,
  StoredTrip,
} from '../../src/grading/grading.repository.js';
import { RunLog, type LogChunk } from '../../src/grading/log/run-log.js';
import { Veil } from '../../src/grading/log/veil.js';
import type { Observations } from '../../src/grading/observation.js';
import type { Past } from '../../src/grading/past.js';
import type { News, Prober } from '../../src/grading/probes/prober.js';
import { RunActor } from '../../src/grading/run-actor.js';
import { restore, restoreTrips } from '../../src/grading/run-record.js';
import { Run } from '../../src/grading/run.js';
import type { PreparedLab } from '../../src/labs/prepared-lab.js';
import { EMPTY, FACTS, type Step } from './random-run.js';

export interface ToldEvent {
  type: string;
  payload: { objective?: string; from?: string; to?: string; [key: string]: unknown };
}

/** What a database would hold of one run; each write is all or nothing. */
export class StoredRun {
  readonly objectives = new Map<string, StoredObjective>();
  readonly past: Past = {};
  readonly trips: StoredTrip[] = [];
  readonly decisions: StoredDecision[] = [];
  readonly events: ToldEvent[] = [];
  readonly log = new Map<number, Map<number, LogChunk>>();
  writes = 0;
  private readonly evidence = new Set<string>();
  private lastWrite: string | undefined;

  save(change: Change, segment: number): void {
    const left = notStored(change, (marker) => this.evidence.has(marker) || this.lastWrite === marker);
    this.events.push(...(structuredClone(left.events) as ToldEvent[]));
    if (change.marker !== undefined && !change.evidence.some(({ id }) => id === change.marker))
      this.lastWrite = change.marker;
    for (const row of change.objectives) this.objectives.set(row.objectiveId, structuredClone(row));
    for (const { id } of change.evidence) this.evidence.add(id);
    for (const { key, observations } of change.past) this.past[key] = structuredClone(observations);
    for (const trip of change.trips)
      if (!this.trips.some((t) => t.id === trip.id)) this.trips.push({ ...trip });
    this.decisions.push(...structuredClone(left.decisions));
    this.append(change.log ?? [], segment);
    this.writes++;
  }

  append(chunks: readonly LogChunk[], segment: number): void {
    const known = this.log.get(segment) ?? new Map<number, LogChunk>();
    this.log.set(segment, known);
    for (const chunk of chunks) if (!known.has(chunk.seq)) known.set(chunk.seq, chunk);
  }

  get logBytes(): { bytes: number; full: boolean } {
    const chunks = [...this.log.values()].flatMap((segment) => [...segment.values()]);
    return { bytes: chunks.reduce((sum, c) => sum + c.body.length, 0), full: chunks.some((c) => c.full) };
  }

  /** As the repository reads it. */
  segments(): string[][] {
    const inOrder = <T>(map: Map<number, T>): T[] => [...map].toSorted(([a], [b]) => a - b).map(([, v]) => v);
    return inOrder(this.log).map((chunks) =>
      inOrder(chunks).map(({ body }) => inflateRawSync(body).toString('utf8')),
    );
  }
}

/** What happens to a write: it is refused, or it is done and its answer is lost. */
export type WriteFault = 'refused' | 'unanswered' | undefined;

/** A sandbox of made-up observations and its grader, which may be killed and started again. */
export class GradedRun {
  readonly clock: ManualClock;
  readonly stored = new StoredRun();
  world: Observations = EMPTY;
  actor!: RunActor;
  /** Transitions as the graders told of them, with the wall time. */
  readonly told: { at: number; subject: string; from: string; to: string }[] = [];
  /** Asked before each write. */
  fault: () => WriteFault = () => undefined;
  private tell: (news: News) => void = () => undefined;
  private ids = 0;
  private generation = 0;

  constructor(
    readonly lab: PreparedLab,
    readonly o: { maxLogBytes?: number; start?: number } = {},
  ) {
    this.clock = new ManualClock(o.start ?? 1_000_000);
  }

  get run(): Run {
    return this.actor.run;
  }

  /** A grader begins with what is stored. */
  start(): void {
    const { clock, stored, lab } = this;
    const generation = ++this.generation;
    const alive = (): boolean => generation === this.generation;
    const time = { now: clock.monotonic(), wall: clock.now() };
    const rows = [...stored.objectives.values()];
    const restored = restore(rows, time, { decisions: stored.decisions });
    const run = new Run(lab, time.now, restored, restoreTrips(stored.trips, time));
    const segment = generation;
    const write = async (act: () => void): Promise<void> => {
      await Promise.resolve();
      if (!alive()) throw new Error('killed');
      const fault = this.fault();
      if (fault === 'refused') throw new Error('the database is away');
      act();
      if (fault === 'unanswered') throw new Error('the connection was lost');
    };
    const log = new RunLog({
      veil: new Veil({ ...lab, key: new Uint8Array(32) }),
      earlier: stored.logBytes,
      clock,
      logger: silentLogger,
      store: (chunks) => write(() => stored.append(chunks, segment)),
      maxBytes: this.o.maxLogBytes,
    });
    const actor = new RunActor(
      run,
      { tenantId: 't', sandboxId: 's', userId: 'u' },
      structuredClone(stored.past),
      { frozen: null, shown: null, rows },
      {
        clock,
        logger: silentLogger,
        log,
        prober: this.prober(alive),
        helpers: new Semaphore(1),
        save: (change) => write(() => stored.save(change, segment)),
        newEvidenceId: () => `evd_${this.ids++}`,
        onChange: (transitions) => {
          if (!alive()) return;
          for (const { objective, from, to } of transitions)
            this.told.push({ at: clock.now(), subject: objective.spec.id, from, to });
        },
      },
    );
    this.actor = actor;
    actor.attached(1);
    actor.start();
  }

  /** As `kill -9`: what was not written is lost. */
  kill(): void {
    this.generation++;
    void this.actor.close();
  }

  /** Time passes, and what was begun gets on. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      this.clock.advance(Math.min(100, left));
      await settle();
    }
  }

  async does(step: Step): Promise<void> {
    await this.pass(step.gap);
    this.world = { ...this.world, ...step.shows };
    const objective = this.lab.objectives[step.which % this.lab.objectives.length]!.spec.id;
    const { deeds } = this.actor;
    if (step.does === 'enter') this.actor.enter();
    if (step.does === 'check') void this.actor.check().catch(() => undefined);
    if (step.does === 'hint') void deeds.takeHint(objective, 0).catch(() => undefined);
    if (step.does === 'decide') {
      const state = ([null, 'passed', 'failed'] as const)[step.gap % 3]!;
      void deeds
        .decide(objective, { state, by: 'Eve', actor: 'key', reason: `look ${this.ids++}` })
        .catch(() => undefined);
    }
    if (step.does === 'retry') void deeds.retry(objective).catch(() => undefined);
    if ('w' in step.shows) this.tell({ source: 'cluster', touches: ({ probe }) => probe === 'kube.get' });
    await settle();
  }

  private prober(alive: () => boolean): Prober {
    const all = (names: string[]): Observations => Object.fromEntries(names.map((n) => [n, this.world[n]!]));
    const never = new Promise<never>(() => undefined);
    return {
      look: (calls) => (alive() ? Promise.resolve(all(Object.keys(calls))) : never),
      act: (call) =>
        Promise.resolve(this.world[Object.keys(this.lab.calls).find((n) => this.lab.calls[n] === call)!]!),
      glance: (calls) => all(Object.keys(calls)),
      facts: () => FACTS,
      inventions: () => [],
      watch: (onNews) => {
        this.tell = (news) => alive() && onNews(news);
        return Promise.resolve();
      },
      rest: () => undefined,
      close: () => undefined,
    };
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 40; i++) await Promise.resolve();
}
