import type { Clock } from '../../common/clock.js';
import type { Logger } from '../../common/logger.js';
import type { Bus } from '../../events/bus.js';
import type { LiveSandbox } from '../../sandbox/live-sandbox.js';
import type { SandboxRow } from '../../sandbox/sandbox-row.js';
import type { Cohort, Member } from '../cohort.js';
import { type Aggregate, aggregatesOf } from './aggregates.js';
import type { BoardLab } from './board-labs.js';
import { type BoardRow, deltaOf, keyOf, type RowDelta } from './board-row.js';
import { type BoardRepository, emptyRecord, type RunRecord } from './board.repository.js';
import { Journal, type Numbered } from './journal.js';
import type { SignalBook } from './live-signals.js';
import { type PulseInput, pulseOf } from './pulse.js';
import { type RunView, viewOf } from './run-view.js';

/** Changes of this long go into one delta. */
const GATHER_MS = 50;
const PULSE_MS = 5000;
const AGGREGATES_MS = 2000;
/** Runs read at once when a board is opened. */
const CHUNK = 100;

export type BoardNews =
  | { type: 'delta'; rows: RowDelta[]; removed: string[] }
  | { type: 'aggregates'; aggregates: Aggregate[] }
  /** Everything was read anew: a reader starts over. */
  | { type: 'reset' };

export interface BoardDeps {
  cohort: Cohort;
  bus: Bus;
  clock: Clock;
  logger: Logger;
  repository: BoardRepository;
  signals: SignalBook;
  learners(cohortId: string): Promise<Member[]>;
  /** The row in the memory of the service; undefined = it has ended. */
  living(sandboxId: string): SandboxRow | undefined;
  lab(tenantId: string, versionId: string): Promise<BoardLab>;
}

interface Item {
  member: Member;
  sandbox: SandboxRow | undefined;
  lab: BoardLab | undefined;
  record: RunRecord;
  view: RunView | undefined;
  row: BoardRow;
}

type Passes = ReadonlyMap<string, readonly number[]>;
const NO_PASSES: Passes = new Map();

type Listener = (news: Numbered<BoardNews>) => void;

/**
 * One cohort as instructors see it, kept up to date while somebody looks. A change of a run only says whose rows to
 * read again: what is shown is always folded from rows, so that the first reading and the hundredth cannot differ.
 */
export class Board {
  private items = new Map<string, Item>();
  private members = new Map<string, Member>();
  private journal = new Journal<BoardNews>();
  private readonly dirty = new Set<string>();
  private readonly listeners = new Set<Listener>();
  private readonly timers = new Map<'flush' | 'pulse' | 'aggregates', () => void>();
  private readonly stops: (() => void)[];
  private queue: Promise<void> = Promise.resolve();
  private told = '';
  private closed = false;

  constructor(private readonly d: BoardDeps) {
    const { bus, cohort } = d;
    this.stops = [
      bus.on('feed.appended', ({ sandboxId }) => sandboxId !== null && this.touched(sandboxId)),
      bus.on('progress.stored', ({ sandboxId }) => this.touched(sandboxId)),
      bus.on('terminal.attachments', ({ sandboxId }) => this.touched(sandboxId)),
      bus.on('sandbox.ready', ({ id }: LiveSandbox) => this.touched(id)),
      bus.on('cohort.members', ({ cohortId }) => void (cohortId === cohort.id && this.reload())),
    ];
  }

  /** Reads everything; resolves when the board can be shown. */
  open(): Promise<void> {
    const opened = this.enqueue(() => this.readAll());
    this.plan('pulse', PULSE_MS, () => this.enqueue(() => this.beat()));
    return opened;
  }

  close(): void {
    this.closed = true;
    for (const stop of this.stops) stop();
    for (const cancel of this.timers.values()) cancel();
    this.listeners.clear();
  }

  get watched(): boolean {
    return this.listeners.size > 0;
  }

  /** As of now, in the order of names. */
  rows(): BoardRow[] {
    return [...this.items.values()].map((item) => item.row);
  }

  labs(): BoardLab[] {
    const labs = new Map([...this.items.values()].flatMap(({ lab }) => (lab ? [[lab.slug, lab]] : [])));
    return [...labs.values()].toSorted((a, b) => (a.slug < b.slug ? -1 : 1));
  }

  aggregates(): Aggregate[] {
    const counted = [...this.items.values()].flatMap(({ row, view, sandbox }) =>
      view && sandbox ? [{ row, view, failing: this.d.signals.of(sandbox.id).failing }] : [],
    );
    return aggregatesOf(this.labs(), counted);
  }

  get head(): string {
    return this.journal.head;
  }

  /** News after this id, if all of it is still known. */
  after(id: string): Numbered<BoardNews>[] | undefined {
    return this.journal.after(id);
  }

  watch(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Resolves when what is known to have changed by now is in the rows. */
  settled(): Promise<void> {
    return this.enqueue(() => this.flush());
  }

  private touched(sandboxId: string): void {
    const living = this.d.living(sandboxId);
    const shown = [...this.items.values()].some(({ sandbox }) => sandbox?.id === sandboxId);
    if (!shown && living?.cohortId !== this.d.cohort.id) return;
    this.dirty.add(sandboxId);
    this.plan('flush', GATHER_MS, () => this.enqueue(() => this.flush()));
  }

  private reload(): void {
    void this.enqueue(async () => {
      await this.readAll();
      this.journal = new Journal<BoardNews>();
      this.tell({ type: 'reset' });
    });
  }

  private async readAll(): Promise<void> {
    const { cohort, repository } = this.d;
    const learners = await this.d.learners(cohort.id);
    this.members = new Map(learners.map((member) => [member.userId, member]));
    const sandboxes = (await repository.sandboxes(cohort.id)).filter((s) => this.members.has(s.userId!));
    const items = new Map<string, Item>();
    for (let at = 0; at < sandboxes.length; at += CHUNK) {
      const part = sandboxes.slice(at, at + CHUNK);
      const records = await repository.records(part.map(({ id }) => id));
      for (const row of part) {
        const sandbox = this.d.living(row.id) ?? row;
        const item = await this.itemOf(sandbox, records.get(row.id)!, NO_PASSES);
        items.set(item.row.key, item);
      }
    }
    const withOne = new Set(sandboxes.map(({ userId }) => userId));
    for (const member of learners.filter(({ userId }) => !withOne.has(userId))) {
      const item = idle(member);
      items.set(item.row.key, item);
    }
    const names = new Map(learners.map(({ userId }, i) => [userId, i]));
    const order = (item: Item) => names.get(item.member.userId)!;
    this.items = new Map([...items].toSorted(([, a], [, b]) => order(a) - order(b)));
    this.repulse();
  }

  /** Reads the rows of those that changed, and tells what is different now. */
  private async flush(): Promise<void> {
    const ids = [...this.dirty];
    this.dirty.clear();
    if (ids.length === 0) return;
    const { repository, cohort } = this.d;
    const rows: RowDelta[] = [];
    const removed: string[] = [];
    try {
      const records = await repository.records(ids);
      const passes = this.passes();
      for (const id of ids) {
        const sandbox = this.d.living(id) ?? (await repository.sandbox(id));
        if (!sandbox || sandbox.cohortId !== cohort.id || !this.members.has(sandbox.userId ?? '')) continue;
        this.put(await this.itemOf(sandbox, records.get(id) ?? emptyRecord(), passes), rows, removed);
      }
    } catch (error) {
      for (const id of ids) this.dirty.add(id);
      this.plan('flush', PULSE_MS, () => this.enqueue(() => this.flush()));
      this.d.logger.warn({ err: error, cohort: cohort.id }, 'a board could not be brought up to date yet');
    }
    if (rows.length + removed.length === 0) return;
    this.tell({ type: 'delta', rows, removed });
    this.plan('aggregates', AGGREGATES_MS, () => this.tellAggregates());
  }

  private put(item: Item, rows: RowDelta[], removed: string[]): void {
    const { key } = item.row;
    const before = this.items.get(key);
    // A sandbox that was replaced goes on to end behind its successor.
    if (before?.sandbox && before.sandbox.createdAt > item.sandbox!.createdAt) return;
    const none = keyOf(item.member.userId, null);
    if (this.items.delete(none)) removed.push(none);
    this.items.set(key, item);
    const delta = before ? deltaOf(before.row, item.row) : item.row;
    if (delta) rows.push(delta);
  }

  /** What moves with the clock alone. */
  private beat(): void {
    this.plan('pulse', PULSE_MS, () => this.enqueue(() => this.beat()));
    const rows = this.repulse();
    if (rows.length > 0) this.tell({ type: 'delta', rows, removed: [] });
  }

  private repulse(): RowDelta[] {
    const passes = this.passes();
    const rows: RowDelta[] = [];
    for (const item of this.items.values()) {
      const { lab, view, sandbox } = item;
      if (!lab || !view || !sandbox) continue;
      item.sandbox = this.d.living(sandbox.id) ?? sandbox;
      const row = { ...item.row, ...this.pulse({ lab, view, sandbox: item.sandbox, passes }) };
      const delta = deltaOf(item.row, row);
      if (!delta) continue;
      item.row = row;
      rows.push(delta);
    }
    return rows;
  }

  private async itemOf(sandbox: SandboxRow, record: RunRecord, passes: Passes): Promise<Item> {
    const member = this.members.get(sandbox.userId!)!;
    const lab = await this.d.lab(sandbox.tenantId, sandbox.labVersionId!);
    const now = this.d.clock.now();
    const view = viewOf(record, lab, { readyAt: sandbox.readyAt?.getTime() ?? now, now });
    const { cells, current, attempts, hints, score, flags } = view;
    const row: BoardRow = {
      ...idle(member).row,
      key: keyOf(member.userId, lab.slug),
      lab: lab.slug,
      sandboxId: sandbox.id,
      sandboxState: sandbox.state,
      tier: sandbox.tier,
      readyAt: sandbox.readyAt?.toISOString() ?? null,
      expiresAt: sandbox.expiresAt?.toISOString() ?? null,
      handRaisedAt: sandbox.handRaisedAt?.toISOString() ?? null,
      ...{ cells, current, attempts, hints, score, flags },
      ...this.pulse({ lab, view, sandbox, passes }),
    };
    return { member, sandbox, lab, record, view, row };
  }

  private pulse(o: Pick<PulseInput, 'lab' | 'view' | 'passes'> & { sandbox: SandboxRow }) {
    const { id, state, lastActivityAt } = o.sandbox;
    const signals = this.d.signals.of(id);
    const running = state === 'ready' || state === 'paused';
    return pulseOf({ ...o, signals, running, lastActivityAt, now: this.d.clock.now() });
  }

  private passes(): Passes {
    const passes = new Map<string, number[]>();
    for (const { lab, row } of this.items.values()) {
      for (const [id, { seconds }] of Object.entries(row.cells)) {
        if (seconds === null || !lab) continue;
        const key = `${lab.slug} ${id}`;
        const known = passes.get(key);
        if (known) known.push(seconds * 1000);
        else passes.set(key, [seconds * 1000]);
      }
    }
    return passes;
  }

  private tellAggregates(): Promise<void> {
    const aggregates = this.aggregates();
    const text = JSON.stringify(aggregates);
    if (text !== this.told) this.tell({ type: 'aggregates', aggregates });
    this.told = text;
    return Promise.resolve();
  }

  private tell(news: BoardNews): void {
    const numbered = this.journal.add(news);
    for (const listener of this.listeners) listener(numbered);
  }

  /** One reading after the other. */
  private enqueue(task: () => Promise<void> | void): Promise<void> {
    const run = this.queue.then(task);
    this.queue = run.catch((error: unknown) =>
      this.d.logger.warn({ err: error, cohort: this.d.cohort.id }, 'a board could not be read'),
    );
    return run;
  }

  /** Once per name, however often it is asked for. */
  private plan(name: 'flush' | 'pulse' | 'aggregates', ms: number, run: () => Promise<void>): void {
    if (this.timers.has(name) || this.closed) return;
    const cancel = this.d.clock.after(ms, () => {
      this.timers.delete(name);
      void run().catch(() => undefined);
    });
    this.timers.set(name, cancel);
  }
}

/** A learner who has nothing yet. */
function idle(member: Member): Item {
  const { userId, externalId, displayName: name, group } = member;
  const row: BoardRow = {
    key: keyOf(userId, null),
    ...{ userId, externalId, name, group },
    lab: null,
    sandboxId: null,
    sandboxState: null,
    tier: null,
    readyAt: null,
    expiresAt: null,
    cells: {},
    current: null,
    attempts: 0,
    hints: 0,
    score: null,
    flags: [],
    handRaisedAt: null,
    connected: false,
    lastActivityAt: null,
    stuck: null,
  };
  return { member, sandbox: undefined, lab: undefined, record: emptyRecord(), view: undefined, row };
}
