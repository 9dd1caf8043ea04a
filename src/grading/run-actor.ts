import type { Clock } from '../common/clock.js';
import type { Logger } from '../common/logger.js';
import { hintCost, isAvailable, nextHint } from './hints.js';
import type { Change } from './grading.repository.js';
import type { Json } from './json.js';
import type { Observations } from './observation.js';
import { changeOf, pastKeys, rowDigest } from './run-record.js';
import type { News, Prober } from './probes/prober.js';
import { traitsOf } from './probes/traits.js';
import { Run, type Folded, type Look, type TimedObservation, type Transition } from './run.js';
import type { Semaphore } from '../common/semaphore.js';
import { nextTimer } from './timers.js';
import { TriggerSchedule } from './triggers.js';
import { scoreOfRun } from './progress-view.js';

/** While someone waits for an answer, but nothing stirs. */
const ACTIVE_WAITING_GAP_MS = 2000;
const ACTIVE_PASSED_GAP_MS = 5000;
/** While neither the kernel nor the learner stirs. */
const ACTIVE_QUIET_GAP_MS = 15_000;
const CHECK_ACTIVE_WAIT_MS = 4000;
const SAVE_RETRY_MS = 1000;
/** After a newline or a change, until something is sent: the command has first to have its effect. */
const SETTLE_MS = 150;
/** How long after the last stir one still expects more of it. */
const STIRRED_FOR_MS = 2500;
/** One command makes several changes. */
const AFTER_CHANGE_MS = 30;
/** No two looks closer than this, whatever is due. */
const MIN_GAP_MS = 20;

export interface ActorDeps {
  clock: Clock;
  logger: Logger;
  prober: Prober;
  /** Helpers of all sandboxes that send packets. */
  helpers: Semaphore;
  save(change: Change): Promise<void>;
  newEvidenceId(): string;
  /** Called after a change was stored, with the objectives that changed state. */
  onChange(transitions: Transition[]): void;
}

type Outcome = Pick<Folded, 'transitions' | 'tripped' | 'flags'>;
const NOTHING: Outcome = { transitions: [], tripped: [], flags: [] };

export interface RunIdentity {
  tenantId: string;
  sandboxId: string;
  userId: string;
}

/**
 * One per sandbox, and serial: look, evaluate, reduce, store, publish, one after the other. Probes that send packets
 * run beside it, one at a time, and their results are folded in like any other look.
 */
export class RunActor {
  private readonly schedule: TriggerSchedule;
  private readonly active: Record<string, TimedObservation> = {};
  private passive: Observations = {};
  private queue: Promise<void> = Promise.resolve();
  private acting: Promise<void> | undefined;
  /** When each of the probes that send something was last asked. */
  private readonly asked = new Map<string, number>();
  private cancelTimer: () => void = () => undefined;
  private looking = false;
  private acted = false;
  private closed = false;
  private unsaved: Change | undefined;
  private readonly saved = new Map<string, string>();
  /** When something last happened, and when that has settled. */
  private stirredAt: number;
  private settleAt = -Infinity;

  constructor(
    readonly run: Run,
    readonly who: RunIdentity,
    private readonly past: Record<string, Record<string, Json>>,
    public frozenAt: Date | null,
    private readonly deps: ActorDeps,
  ) {
    this.schedule = new TriggerSchedule(deps.clock.monotonic());
    this.stirredAt = deps.clock.monotonic();
  }

  start(): void {
    this.arm();
  }

  /** A newline was typed. */
  enter(): void {
    this.acted = true;
    this.stir();
    this.schedule.enter(this.now());
    this.arm();
  }

  private changed(news: News): void {
    if (this.closed || this.frozenAt) return;
    if (news.source === 'host') this.schedule.at(this.now() + AFTER_CHANGE_MS);
    else if (!this.heard(news)) return;
    this.stir();
    this.arm();
  }

  private stir(): void {
    const now = this.now();
    if (now > this.settleAt) this.settleAt = now + SETTLE_MS;
    this.stirredAt = now;
  }

  /** An event of the cluster: what must never be is judged at once, the rest a little later. False: of no concern. */
  private heard(news: Extract<News, { source: 'cluster' }>): boolean {
    const touched = Object.entries(this.run.lab.calls).filter(([, call]) => news.touches(call));
    if (touched.length === 0) return false;
    const watched = touched.filter(([, call]) => traitsOf(call).watched);
    if (watched.length > 0) {
      const all = Object.entries(this.run.lab.calls).filter(([, call]) => traitsOf(call).watched);
      const passive = { ...this.passive, ...this.deps.prober.glance(Object.fromEntries(all)) };
      const look = { ...this.lookOf(false), passive };
      if (this.run.glimpse(look, new Set(watched.map(([name]) => name)))) this.schedule.at(this.now());
    }
    this.schedule.event(this.now());
    return true;
  }

  attached(count: number): void {
    this.schedule.attached(count, this.now());
    this.arm();
  }

  /** Looks at everything that is unblocked now, packets included. */
  async check(): Promise<void> {
    this.acted = true;
    await this.look();
    await this.acting;
    this.asked.clear();
    this.settleAt = -Infinity;
    this.actIfDue();
    let cancel: () => void = () => undefined;
    const patience = new Promise<void>(
      (resolve) => (cancel = this.deps.clock.after(CHECK_ACTIVE_WAIT_MS, resolve)),
    );
    await Promise.race([this.acting, patience]);
    cancel();
  }

  /** Stops judging; the score stands. */
  async freeze(): Promise<void> {
    if (this.frozenAt) return;
    await this.check();
    this.frozenAt = new Date(this.deps.clock.now());
    this.rest();
    const { points, max, fraction } = scoreOfRun(this.run, true);
    await this.enqueue(() =>
      this.store(NOTHING, { type: 'run.frozen', payload: { score: { points, max, fraction } } }),
    );
  }

  /** The hint's text may be shown from now on. False when it is not available yet. */
  async takeHint(objectiveId: string, index: number): Promise<boolean> {
    const objective = this.run.lab.objectives.find((o) => o.spec.id === objectiveId)!;
    const state = this.run.of(objectiveId);
    const hint = objective.spec.hints[index]!;
    if (!isAvailable(hint, index, state, this.now())) return false;
    state.hintsTaken |= 1 << index;
    const payload = { objective: objectiveId, hint: index + 1, cost: hintCost(objective.spec.hints, state) };
    await this.enqueue(() => this.store(NOTHING, { type: 'objective.hint', payload }));
    return true;
  }

  close(): void {
    this.closed = true;
    this.cancelTimer();
    this.deps.prober.close();
  }

  now(): number {
    return this.deps.clock.monotonic();
  }

  private arm(): void {
    this.cancelTimer();
    if (this.closed || this.frozenAt || this.looking) return;
    const now = this.now();
    const timer = nextTimer(this.run, now);
    const hint = Math.min(
      ...this.run.lab.objectives.map((o) => nextHint(o.spec.hints, this.run.of(o.spec.id), now)),
    );
    const due = Math.min(this.schedule.next(now, timer.restless), timer.at, hint, this.nextAct(now));
    this.cancelTimer = this.deps.clock.after(Math.max(MIN_GAP_MS, due - now), () => void this.look());
  }

  private rest(): void {
    this.cancelTimer();
    this.deps.prober.rest();
  }

  /** One look at all passive observations, folded in. Never rejects. */
  private look(): Promise<void> {
    return this.enqueue(async () => {
      if (this.closed || this.frozenAt) return;
      this.looking = true;
      const started = this.now();
      this.schedule.looked(started);
      try {
        const calls = Object.entries(this.run.lab.calls).filter(([name]) => !this.run.isActive(name));
        if (!this.schedule.idle(started)) await this.deps.prober.watch((news) => this.changed(news));
        this.passive = await this.deps.prober.look(Object.fromEntries(calls));
        if (!this.closed) await this.fold();
      } finally {
        this.looking = false;
        if (this.schedule.idle(this.now())) this.deps.prober.rest();
        this.actIfDue();
        this.arm();
      }
    });
  }

  private async fold(): Promise<void> {
    const acted = this.acted;
    this.acted = false;
    this.rememberStart();
    const folded = this.run.apply(this.lookOf(acted));
    if (folded.changed || this.unsaved) await this.store(folded);
  }

  private lookOf(acted: boolean): Look {
    const { passive, active, past } = this;
    const { prober } = this.deps;
    const [sandbox, inventions] = [prober.facts(), prober.inventions()];
    return { now: this.now(), passive, active, past, sandbox, inventions, acted };
  }

  private rememberStart(): void {
    if (this.past['start'] || !pastKeys(this.run.lab).has('start')) return;
    // A start that we could not see yet is still to come.
    if (Object.values(this.passive).some((o) => o.fault?.cause === 'platform')) return;
    const values = Object.entries(this.passive).flatMap(([name, o]) =>
      o.fault ? [] : [[name, o.value] as const],
    );
    this.past['start'] = Object.fromEntries(values);
  }

  private nextAct(now: number): number {
    if (this.acting) return Infinity;
    return Math.max(now, Math.min(Infinity, ...this.run.activeNames().map((name) => this.actAt(name))));
  }

  /** Once the gap has passed and things have settled; under a flood of changes after twice the gap at the latest. */
  private actAt(name: string): number {
    const asked = this.asked.get(name) ?? -Infinity;
    const gap = this.actGap(name);
    return Math.max(asked + gap, Math.min(this.settleAt, asked + 2 * gap));
  }

  /** Seldom while all stands; often while someone waits for it, and at once after they did something. */
  private actGap(name: string): number {
    const { gapMs } = traitsOf(this.run.lab.calls[name]!).active!;
    const stirred =
      this.stirredAt >= (this.asked.get(name) ?? -Infinity) || this.now() - this.stirredAt < STIRRED_FOR_MS;
    const waiting = this.run.lab.objectives.some((o) => {
      const { state } = this.run.of(o.spec.id).memory;
      return o.reads.includes(name) && (state === 'pending' || state === 'regressed' || state === 'holding');
    });
    if (waiting) return stirred ? gapMs : Math.max(gapMs, ACTIVE_WAITING_GAP_MS);
    if (this.schedule.idle(this.now())) return Infinity;
    return stirred ? ACTIVE_PASSED_GAP_MS : ACTIVE_QUIET_GAP_MS;
  }

  private actIfDue(): void {
    if (this.acting || this.closed || this.frozenAt) return;
    const now = this.now();
    const names = this.run.activeNames().filter((name) => this.actAt(name) <= now);
    if (names.length === 0) return;
    this.acting = this.act(names).finally(() => {
      this.acting = undefined;
      this.arm();
    });
  }

  private async act(names: string[]): Promise<void> {
    for (const name of names) {
      if (this.closed) return;
      await this.deps.helpers.run(async () => {
        const startedAt = this.now();
        this.asked.set(name, startedAt);
        const observation = await this.deps.prober.act(this.run.lab.calls[name]!);
        this.active[name] = { observation, startedAt };
      });
      await this.enqueue(async () => {
        if (!this.closed && !this.frozenAt) await this.fold();
      });
    }
  }

  /** Keeps what could not be stored and tries again: a database that is away costs no verdict. */
  private async store(folded: Outcome, event?: Change['events'][number]): Promise<void> {
    const observations = { ...this.passive };
    for (const [name, timed] of Object.entries(this.active)) observations[name] = timed.observation;
    const change = changeOf({
      who: this.who,
      run: this.run,
      folded,
      observations,
      past: this.past,
      wall: this.deps.clock.now(),
      now: this.now(),
      newEvidenceId: () => this.deps.newEvidenceId(),
      earlier: this.unsaved,
      saved: this.saved,
    });
    if (event) change.events.push(event);
    if (this.frozenAt) change.frozenAt = this.frozenAt;
    this.unsaved = change;
    try {
      await this.deps.save(change);
      this.unsaved = undefined;
      for (const row of change.objectives) this.saved.set(row.objectiveId, rowDigest(row));
    } catch (error) {
      this.deps.logger.warn(
        { err: error, sandbox: this.who.sandboxId },
        'verdicts could not be stored; trying again',
      );
      this.schedule.at(this.now() + SAVE_RETRY_MS);
      if (event) throw error;
    }
    // Learners see what the kernel shows, even while the database is away.
    this.deps.onChange(folded.transitions);
  }

  private enqueue(task: () => Promise<void>): Promise<void> {
    const run = this.queue.then(task);
    this.queue = run.catch((error: unknown) => {
      this.deps.logger.error({ err: error, sandbox: this.who.sandboxId }, 'a look of the grader failed');
    });
    return run;
  }
}
