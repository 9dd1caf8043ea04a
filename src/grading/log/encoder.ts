import type { Json } from '../json.js';
import type { Observation } from '../observation.js';
import type { Folded, Look, Run, Transition } from '../run.js';
import { diff, mapValues, type Delta } from './delta.js';
import type { Begin, Deed, LoggedTransition } from './entry.js';
import { questionsOf } from './questions.js';
import type { Veil } from './veil.js';

/** Of the lines; grows when older ones are not understood any more. */
export const LOG_FORMAT = 1;

/** One line of the log; short keys, as most of a run is thousands of them. */
export type LogLine =
  /** Looks that saw nothing new: the ms between them. */
  | number[]
  | { b: Omit<Begin, 'kind'> }
  | (Seen & { x?: LoggedTransition[]; w?: string[]; e?: 1 })
  | (Seen & { g: string[] })
  | { t: number; do: Deed; x?: LoggedTransition[] }
  /** The limit is reached; nothing follows. */
  | { full: 1 };

/** What changed since the line before, `t` ms later. */
export interface Seen {
  t: number;
  /** Observations. */
  p?: Record<string, Delta>;
  /** Probes that send something: when they were asked, ms before this look, and what came of it. */
  a?: Record<string, [ago: number, delta: Delta | null]>;
  /** All else that the fold was given. */
  r?: Delta;
}

/** Turns what is folded into lines that say only what changed. Pure but for what it remembers. */
export class LogEncoder {
  /** Characters that wait to be taken, without the looks that saw nothing. */
  length = 0;
  private lines: string[] = [];
  private idle: number[] = [];
  private now = 0;
  private readonly passive = new Map<string, Observation>();
  private readonly active = new Map<string, Look['active'][string]>();
  private rest: Json = {};

  constructor(private readonly veil: Veil) {}

  begin(run: Run, past: Look['past'], time: { now: number; wall: number }): void {
    this.now = time.now;
    const b = {
      format: LOG_FORMAT,
      ...time,
      values: run.lab.values,
      calls: questionsOf(run.lab),
      lacking: Object.fromEntries(run.lab.leftOut.map(({ spec, missing }) => [spec.id, missing])),
      objectives: Object.fromEntries(run.objectives),
      trips: Object.fromEntries(run.trips),
      past,
    };
    this.push({ b: this.veil.over(b as unknown as Json) as unknown as Omit<Begin, 'kind'> });
  }

  look(look: Look, folded: Pick<Folded, 'transitions' | 'tripped'>): void {
    const seen = this.seen(look);
    const { t, ...changed } = seen;
    const transitions = logged(folded.transitions);
    const tripped = folded.tripped.map(({ spec }) => spec.id);
    if (Object.keys(changed).length + transitions.length + tripped.length === 0 && !look.acted) {
      this.idle.push(t);
      return;
    }
    this.push({
      ...seen,
      ...(transitions.length > 0 && { x: transitions }),
      ...(tripped.length > 0 && { w: tripped }),
      ...(look.acted && { e: 1 as const }),
    });
  }

  /** Where nothing differs from the line before, and nothing tripped, there is nothing to fold again. */
  glimpse(look: Look, touched: ReadonlySet<string>, tripped: boolean): void {
    const before = this.now;
    const { t, ...changed } = this.seen(look);
    if (tripped || Object.keys(changed).length > 0) this.push({ t, ...changed, g: [...touched] });
    else this.now = before;
  }

  deed(now: number, deed: Deed, transitions: readonly Transition[]): void {
    const x = logged(transitions);
    this.push({ t: this.since(now), do: this.veil.over(deed) as Deed, ...(x.length > 0 && { x }) });
  }

  full(): void {
    this.push({ full: 1 });
  }

  /** The lines since the last time, each ended; empty if there are none. */
  take(): string {
    this.endIdle();
    const text = this.lines.join('');
    this.lines = [];
    this.length = 0;
    return text;
  }

  private seen(look: Look): Seen {
    // What the objectives passed with is folded again as well.
    const { now, passive, active, past: _, acted: __, ...rest } = look;
    const seen: Seen = { t: this.since(now) };
    const p = this.changedObservations(passive);
    if (p) seen.p = p;
    const a = this.changedActive(active, now);
    if (a) seen.a = a;
    const others = rest as unknown as Json;
    const r = diff(this.rest, others);
    this.rest = others;
    if (r !== undefined) seen.r = this.hide(r);
    return seen;
  }

  private changedObservations(passive: Look['passive']): Seen['p'] {
    const changed: [string, Delta][] = [];
    for (const [name, observation] of Object.entries(passive)) {
      const before = this.passive.get(name);
      if (before === observation) continue;
      const delta = diff(before as Json | undefined, observation as unknown as Json);
      this.passive.set(name, observation);
      if (delta !== undefined) changed.push([name, this.hide(delta)]);
    }
    for (const name of this.passive.keys()) {
      if (Object.hasOwn(passive, name)) continue;
      this.passive.delete(name);
      changed.push([name, 0]);
    }
    return changed.length === 0 ? undefined : Object.fromEntries(changed);
  }

  private changedActive(active: Look['active'], now: number): Seen['a'] {
    const changed: [string, [number, Delta | null]][] = [];
    for (const [name, timed] of Object.entries(active)) {
      const before = this.active.get(name);
      if (before === timed) continue;
      const delta = diff(before?.observation as Json | undefined, timed.observation as unknown as Json);
      this.active.set(name, timed);
      changed.push([name, [now - timed.startedAt, delta === undefined ? null : this.hide(delta)]]);
    }
    for (const name of this.active.keys()) {
      if (Object.hasOwn(active, name)) continue;
      this.active.delete(name);
      changed.push([name, [0, 0]]);
    }
    return changed.length === 0 ? undefined : Object.fromEntries(changed);
  }

  private hide(delta: Delta): Delta {
    return mapValues(delta, (value) => this.veil.over(value));
  }

  private since(now: number): number {
    const ms = now - this.now;
    this.now = now;
    return ms;
  }

  private push(line: LogLine): void {
    this.endIdle();
    const text = `${JSON.stringify(line)}\n`;
    this.length += text.length;
    this.lines.push(text);
  }

  private endIdle(): void {
    if (this.idle.length > 0) this.lines.push(`${JSON.stringify(this.idle)}\n`);
    this.idle = [];
  }
}

function logged(transitions: readonly Transition[]): LoggedTransition[] {
  return transitions.map(({ objective, from, to }) => [objective.spec.id, from, to]);
}
