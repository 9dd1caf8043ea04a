import type { Json } from '../json.js';
import type { Observation } from '../observation.js';
import type { SandboxFacts } from '../facts.js';
import type { Look } from '../run.js';
import { patch } from './delta.js';
import { LOG_FORMAT, type LogLine, type Seen } from './encoder.js';
import type { LogEntry, LoggedLook } from './entry.js';

/** The text is no log of a run, or of another version of the format. */
export class LogFormatError extends Error {}

/** Lines of one grader's log -> what was folded. `full`: its end is missing, as the run reached its limit. */
export class LogDecoder {
  full = false;
  private now = 0;
  private passive: Record<string, Observation> = {};
  private active: Look['active'] = {};
  private rest: Json = {};

  /** Entries of one chunk; the chunks in order. */
  *read(text: string): Generator<LogEntry> {
    for (const line of text.split('\n')) {
      if (line === '') continue;
      let parsed: LogLine;
      try {
        parsed = JSON.parse(line) as LogLine;
      } catch (error) {
        throw new LogFormatError('a line of the log is not JSON', { cause: error });
      }
      yield* this.entries(parsed);
    }
  }

  private *entries(line: LogLine): Generator<LogEntry> {
    if (Array.isArray(line)) {
      for (const t of line) {
        const look = this.see({ t });
        yield { kind: 'look', look, transitions: [], tripped: [] };
      }
    } else if ('b' in line) {
      if (line.b.format !== LOG_FORMAT)
        throw new LogFormatError(`the log is of format ${line.b.format}, this version reads ${LOG_FORMAT}`);
      this.now = line.b.now;
      yield { kind: 'begin', ...line.b };
    } else if ('full' in line) {
      this.full = true;
    } else if ('do' in line) {
      this.now += line.t;
      yield { kind: 'deed', now: this.now, deed: line.do, transitions: line.x ?? [] };
    } else if ('g' in line) {
      yield { kind: 'glimpse', look: this.see(line), touched: line.g };
    } else {
      const look = { ...this.see(line), acted: line.e === 1 };
      yield { kind: 'look', look, transitions: line.x ?? [], tripped: line.w ?? [] };
    }
  }

  private see({ t, p, a, r }: Seen): LoggedLook {
    this.now += t;
    const passive = new Map(Object.entries(this.passive));
    for (const [name, delta] of Object.entries(p ?? {})) {
      const now = patch(passive.get(name) as Json | undefined, delta) as Observation | undefined;
      if (now) passive.set(name, now);
      else passive.delete(name);
    }
    const active = new Map(Object.entries(this.active));
    for (const [name, [ago, delta]] of Object.entries(a ?? {})) {
      const before = active.get(name)?.observation as Json | undefined;
      const observation = (delta === null ? before : patch(before, delta)) as Observation | undefined;
      if (observation) active.set(name, { observation, startedAt: this.now - ago });
      else active.delete(name);
    }
    if (p) this.passive = Object.fromEntries(passive);
    if (a) this.active = Object.fromEntries(active);
    if (r !== undefined) this.rest = patch(this.rest, r) ?? {};
    const rest = this.rest as { sandbox: SandboxFacts };
    return { ...rest, now: this.now, passive: this.passive, active: this.active, acted: false };
  }
}
