import { callOf } from '../labs/prepared-lab.js';
import { AskSchedule } from './ask-schedule.js';
import {
  FREEZE_RETRIES,
  FREEZE_RETRY_MS,
  frozenNow,
  omittedIn,
  unjudgedIn,
  type FreezeCause,
} from './freeze.js';
import { nextHint } from './hints.js';
import type { Observations } from './observation.js';
import { rememberStart, seenBy, type Past } from './past.js';
import { takePicture } from './picture.js';
import type { News, Prober } from './probes/prober.js';
import { traitsOf } from './probes/traits.js';
import type { ProbeCall } from './probes/calls.js';
import { RunDeeds } from './run-deeds.js';
import {
  NOTHING,
  RunStore,
  type Extra,
  type Outcome,
  type RunBefore,
  type RunIdentity,
  type StoreDeps,
} from './run-store.js';
import { Run, type Look, type TimedObservation } from './run.js';
import type { TokenWatch } from './token-watch.js';
import type { Semaphore } from '../common/semaphore.js';
import { nextTimer } from './timers.js';
import { TriggerSchedule } from './triggers.js';
import { scoreOfRun } from './progress-view.js';

const CHECK_ACTIVE_WAIT_MS = 4000;
const SAVE_RETRY_MS = 1000;
/** The end of a sandbox waits this often for a database that is away. */
const END_TRIES = 5;
/** How exactly the time that counts against `within` is kept. */
const CLOCK_STEP_MS = 30_000;
/** One command makes several changes. */
const AFTER_CHANGE_MS = 30;
/** No two looks closer than this, whatever is due. */
const MIN_GAP_MS = 20;

export interface ActorDeps extends StoreDeps {
  prober: Prober;
  /** Helpers of all sandboxes that send packets. */
  helpers: Semaphore;
  /** The platform holds the sandbox: nothing can be seen, and nobody can work. */
  isPaused?(): boolean;
  /** Looks for what only another learner could have found out. */
  tokens?: TokenWatch;
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
  private readonly asks: AskSchedule;
  private cancelTimer: () => void = () => undefined;
  private looking = false;
  private acted = false;
  private closed = false;
  private wasPaused = false;
  /** While the score is about to be frozen: the objectives that are still asked. */
  private only: string[] | undefined;
  private freezing: Promise<void> | undefined;
  /** The freeze is stored. */
  private sealed = false;
  private spent = '';
  readonly store: RunStore;
  readonly deeds: RunDeeds;

  constructor(
    readonly run: Run,
    readonly who: RunIdentity,
    private readonly past: Past,
    before: RunBefore | null,
    private readonly deps: ActorDeps,
  ) {
    this.store = new RunStore(run, who, past, before, deps);
    this.sealed = this.store.frozen !== null;
    const enqueue = (task: () => Promise<void>): Promise<void> => this.enqueue(task);
    const { clock, log } = deps;
    this.deeds = new RunDeeds(run, { clock, log, store: this.store, enqueue, seen: () => this.seen() });
    this.schedule = new TriggerSchedule(deps.clock.monotonic());
    this.asks = new AskSchedule(run, this.now(), (now) => this.schedule.idle(now));
  }

  private seen(): Observations {
    return seenBy({ passive: this.passive, active: this.active });
  }

  /** When the score was frozen. */
  get frozenAt(): Date | null {
    return this.store.frozen?.at ?? null;
  }

  start(): void {
    if (!this.frozenAt)
      this.deps.log?.begin(this.run, this.past, { now: this.now(), wall: this.deps.clock.now() });
    this.arm();
  }

  /** A newline was typed. */
  enter(): void {
    this.acted = true;
    this.asks.stir(this.now());
    this.schedule.enter(this.now());
    this.arm();
  }

  private changed(news: News): void {
    if (this.closed || this.frozenAt) return;
    if (news.source === 'host') this.schedule.at(this.now() + AFTER_CHANGE_MS);
    else if (!this.heard(news)) return;
    this.asks.stir(this.now());
    this.arm();
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
      const names = new Set(watched.map(([name]) => name));
      const tripped = this.run.glimpse(look, names);
      this.deps.log?.glimpse(look, names, tripped);
      if (tripped) this.schedule.at(this.now());
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
    this.asks.hurry();
    this.actIfDue();
    let cancel: () => void = () => undefined;
    const patience = new Promise<void>(
      (resolve) => (cancel = this.deps.clock.after(CHECK_ACTIVE_WAIT_MS, resolve)),
    );
    await Promise.race([this.acting, patience]);
    cancel();
    if (this.run.lab.spec.feedback === 'on-check') await this.show();
  }

  /** What is so now is what the learner sees from now on. */
  private show(): Promise<void> {
    return this.enqueue(async () => {
      this.store.shown = takePicture(this.run, { now: this.now(), wall: this.deps.clock.now() });
      await this.save(NOTHING);
    });
  }

  /** Looks once more, then stops judging: the score stands. What we cannot judge is asked for half a minute more. */
  freeze(): Promise<void> {
    this.freezing ??= this.lastLooks().finally(() => (this.freezing = undefined));
    return this.freezing;
  }

  private async lastLooks(): Promise<void> {
    // An earlier freeze may wait for the database still.
    if (this.frozenAt) return this.seal('asked');
    await this.check();
    for (let n = 0; n < FREEZE_RETRIES && !this.frozenAt; n++) {
      const unjudged = unjudgedIn(this.run);
      if (unjudged.length === 0) break;
      // What could be judged was judged when it was asked for.
      this.only = unjudged;
      await new Promise<void>((resolve) => this.deps.clock.after(FREEZE_RETRY_MS, resolve));
      if (!this.frozenAt) await this.check();
    }
    await this.seal('asked');
  }

  /** The sandbox goes: its score is what was seen last. Resolves once that is stored, or cannot be. */
  async end(cause: FreezeCause): Promise<void> {
    this.letGo();
    for (let n = 0; n < END_TRIES && !this.sealed; n++) {
      if (n > 0) await new Promise<void>((resolve) => this.deps.clock.after(SAVE_RETRY_MS, resolve));
      // What could not be stored is carried along to the next try.
      await this.seal(cause).catch(() => undefined);
    }
    await this.deps.log?.close();
  }

  private async seal(cause: FreezeCause): Promise<void> {
    await this.enqueue(async () => {
      if (this.sealed) return;
      const first = this.store.frozen === null;
      this.store.frozen ??= frozenNow(new Date(this.deps.clock.now()), cause);
      if (first) this.deps.log?.deed(this.now(), { does: 'freeze' });
      if (!this.closed) this.rest();
      const score = { ...scoreOfRun(this.run, true) };
      const provisional = omittedIn(this.run).length > 0;
      const event = {
        type: 'run.frozen' as const,
        payload: { score, cause: this.store.frozen.cause, provisional },
      };
      // An earlier try is carried along with its event.
      await this.save(NOTHING, first ? { event } : {});
      this.sealed = !this.store.behind;
    });
  }

  /** The learner's try at a failed objective, or a person's word about one, may open others. */
  lookSoon(): void {
    this.schedule.at(this.now());
    this.arm();
  }

  /** Resolves once its log is stored. */
  close(): Promise<void> {
    this.letGo();
    return this.deps.log?.close() ?? Promise.resolve();
  }

  /** Whatever is held of the sandbox is let go of. */
  private letGo(): void {
    this.closed = true;
    this.cancelTimer();
    this.deps.prober.close();
  }

  /** Whole ms: what is logged must be folded again to the last digit. */
  now(): number {
    return Math.floor(this.deps.clock.monotonic());
  }

  private arm(): void {
    this.cancelTimer();
    if (this.closed || this.frozenAt || this.looking) return;
    const now = this.now();
    const timer = nextTimer(this.run, now);
    const hint = Math.min(
      ...this.run.lab.objectives.map((o) => nextHint(o.spec.hints, this.run.of(o.spec.id), now)),
    );
    const due = Math.min(
      this.schedule.next(now, timer.restless),
      timer.at,
      hint,
      this.acting ? Infinity : this.asks.next(now),
    );
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
        if (this.deps.isPaused?.()) {
          this.wasPaused = true;
          return;
        }
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
    rememberStart(this.past, this.run.lab, this.passive);
    const look = this.lookOf(acted);
    const folded = this.run.apply(look);
    this.wasPaused = false;
    this.deps.log?.look(look, folded);
    const clocks = this.clocksMoved();
    if (folded.changed || clocks || this.store.behind) await this.save(folded);
    this.findTokens(look);
  }

  /** Time that counts against somebody outlives the service, to the half minute. */
  private clocksMoved(): boolean {
    const timed = this.run.lab.objectives.filter(({ rules }) => rules.within);
    const spent = timed.map(({ spec }) => Math.floor(this.run.of(spec.id).memory.spentMs / CLOCK_STEP_MS));
    const moved = spent.join() !== this.spent;
    this.spent = spent.join();
    return moved;
  }

  private findTokens(look: Look): void {
    const { tokens } = this.deps;
    if (!tokens) return;
    tokens.search(seenBy(look), (name) => {
      void this.enqueue(async () => {
        const flag = this.run.raise('foreign-token', name);
        if (flag && !this.closed) await this.save({ ...NOTHING, flags: [flag] });
      });
    });
  }

  private lookOf(acted: boolean): Look {
    const { passive, active, past } = this;
    const { prober } = this.deps;
    const [sandbox, inventions] = [prober.facts(), prober.inventions()];
    const { only, wasPaused: resumed } = this;
    return {
      now: this.now(),
      passive,
      active,
      past,
      sandbox,
      inventions,
      acted,
      ...(resumed ? { resumed } : {}),
      ...(only ? { only } : {}),
    };
  }

  private actIfDue(): void {
    if (this.acting || this.closed || this.frozenAt || this.deps.isPaused?.()) return;
    const names = this.asks.due(this.now());
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
        this.asks.began(name, startedAt);
        const observation = await this.deps.prober.act(this.callFor(name));
        this.active[name] = { observation, startedAt };
      });
      await this.enqueue(async () => {
        if (!this.closed && !this.frozenAt) await this.fold();
      });
    }
  }

  /** A variant is asked with the moment from which on something counts, on the machine's clock. */
  private callFor(key: string): ProbeCall {
    const call = callOf(this.run.lab, key);
    if (!Object.hasOwn(this.run.lab.variants, key)) return call;
    const since = this.run.sinceOf(key) ?? this.now();
    if (since === -Infinity) return call;
    return { ...call, notBefore: new Date(this.deps.clock.now() - (this.now() - since)) };
  }

  /** Keeps what could not be stored and tries again: a database that is away costs no verdict. */
  private async save(outcome: Outcome, extra?: Extra): Promise<void> {
    try {
      await this.store.store(outcome, this.seen(), extra);
    } finally {
      if (this.store.behind) this.schedule.at(this.now() + SAVE_RETRY_MS);
    }
  }

  private enqueue(task: () => Promise<void>): Promise<void> {
    const run = this.queue.then(task);
    this.queue = run.catch((error: unknown) => {
      this.deps.logger.error({ err: error, sandbox: this.who.sandboxId }, 'a look of the grader failed');
    });
    return run;
  }
}
