import type { LabSpec } from '../labs/lab-spec.js';
import { prepareLab, type PreparedLab } from '../labs/prepared-lab.js';
import { planFor } from '../labs/lab-plan.js';
import { doAgain } from './log/deeds.js';
import type { Begin, LogEntry, LoggedLook, LoggedTransition } from './log/entry.js';
import { LogDecoder } from './log/decoder.js';
import { faulted, type Observations } from './observation.js';
import { questionsOf } from './log/questions.js';
import { rememberPassed, rememberStart, seenBy, type Past } from './past.js';
import { resume } from './replay-resume.js';
import { scoreOfRun } from './progress-view.js';
import type { Run, Transition } from './run.js';
import type { Score } from './score.js';

export interface ReplayedTransition {
  /** Wall time, ms since the epoch. */
  at: number;
  /** Id of an objective, or `tripwire:<id>`. */
  subject: string;
  from: string;
  to: string;
}

export interface Replay {
  /** As it was when the run was live, and as it is now. */
  recorded: ReplayedTransition[];
  replayed: ReplayedTransition[];
  looks: number;
  score: Score | null;
  /** The run outgrew its log: what came later is not known. */
  partial: boolean;
  /** Observations of this lab that the run did not make. */
  unrecorded: string[];
}

/**
 * Folds what a run saw once more. `segments` are the chunks of each grader that had it, in order; `spec` is the lab to
 * judge by, with the values of the run. Throws LogFormatError, or Error where the lab does not fit.
 */
export function replay(segments: readonly (readonly string[])[], spec: LabSpec): Replay {
  const found: Replay = {
    recorded: [],
    replayed: [],
    looks: 0,
    score: null,
    partial: false,
    unrecorded: [],
  };
  let folded: Fold | undefined;
  for (const texts of segments) {
    const decoder = new LogDecoder();
    for (const text of texts) {
      for (const entry of decoder.read(text)) {
        if (entry.kind === 'begin') folded = new Fold(entry, spec, found, folded);
        else if (folded) folded.take(entry);
        else throw new Error('the log does not begin with a beginning');
      }
    }
    found.partial ||= decoder.full;
  }
  if (folded) found.score = scoreOfRun(folded.run, false);
  return found;
}

/**
 * The lab with the values that the run had, whether they were drawn or not, and less what its engine could not support;
 * parameters that the run did not have keep their defaults.
 */
export function labOfRun(spec: LabSpec, { values, lacking }: Pick<Begin, 'values' | 'lacking'>): PreparedLab {
  const params = Object.entries(spec.params).map(([name, param]) => [
    name,
    { default: Object.hasOwn(values, name) ? values[name] : param.default },
  ]);
  const lab = prepareLab({ ...spec, params: Object.fromEntries(params) as LabSpec['params'] });
  return planFor(lab, lacking);
}

/** One grader's part of a run. */
class Fold {
  readonly run: Run;
  readonly past: Past;
  private readonly wallOffset: number;
  /** Of this lab, and not in the log. */
  private readonly unseen: string[];
  /** Name in this lab -> name in the log. */
  private readonly names: Map<string, string>;

  constructor(
    begin: Begin,
    spec: LabSpec,
    private readonly found: Replay,
    earlier: Fold | undefined,
  ) {
    const lab = labOfRun(spec, begin);
    this.wallOffset = begin.wall - begin.now;
    const before = earlier && {
      run: earlier.run,
      past: earlier.past,
      shift: earlier.shiftTo(this.wallOffset),
    };
    const { run, past } = resume(lab, begin, before);
    this.run = run;
    this.past = past;
    this.names = namesInLog(lab, begin.calls);
    const unrecorded = Object.keys(questionsOf(lab)).filter((name) => !this.names.has(name));
    this.unseen = unrecorded.filter((name) => !run.isActive(name));
    found.unrecorded = [...new Set([...found.unrecorded, ...unrecorded])];
  }

  take(entry: Exclude<LogEntry, Begin>): void {
    switch (entry.kind) {
      case 'deed':
        this.note(this.wallOffset + entry.now, entry.transitions, doAgain(this.run, entry.deed, entry.now));
        return;
      case 'glimpse': {
        const touched = [...this.names].flatMap(([name, logged]) =>
          entry.touched.includes(logged) ? [name] : [],
        );
        this.run.glimpse(this.lookOf(entry.look), new Set(touched));
        return;
      }
      case 'look':
        this.look(entry);
    }
  }

  private look(entry: Extract<LogEntry, { kind: 'look' }>): void {
    const at = this.wallOffset + entry.look.now;
    const look = this.lookOf(entry.look);
    rememberStart(this.past, this.run.lab, look.passive);
    const { transitions, tripped } = this.run.apply(look);
    rememberPassed(this.past, this.run.lab, { transitions, observations: seenBy(look) });
    this.found.looks++;
    this.note(at, entry.transitions, transitions);
    const trip = (id: string) => ({ at, subject: `tripwire:${id}`, from: 'armed', to: 'tripped' });
    this.found.recorded.push(...entry.tripped.map(trip));
    this.found.replayed.push(...tripped.map(({ spec }) => trip(spec.id)));
  }

  private note(at: number, recorded: readonly LoggedTransition[], replayed: readonly Transition[]): void {
    for (const [subject, from, to] of recorded) this.found.recorded.push({ at, subject, from, to });
    for (const { objective, from, to } of replayed)
      this.found.replayed.push({ at, subject: objective.spec.id, from, to });
  }

  private lookOf(logged: LoggedLook) {
    const passive: Observations = {};
    const active: LoggedLook['active'] = {};
    for (const [name, inLog] of this.names) {
      if (logged.passive[inLog]) passive[name] = logged.passive[inLog];
      if (logged.active[inLog]) active[name] = logged.active[inLog];
    }
    for (const name of this.unseen) passive[name] = faulted('platform', 'unrecorded', 'not in the log');
    return { ...logged, passive, active, past: this.past };
  }

  /** What turns a time of this grader's clock into one of another's. */
  private shiftTo(wallOffset: number): number {
    return this.wallOffset - wallOffset;
  }
}

/** Another version may call the same question by another name. */
function namesInLog(lab: PreparedLab, logged: Record<string, string>): Map<string, string> {
  const byCall = new Map(Object.entries(logged).map(([name, call]) => [call, name]));
  return new Map(
    Object.entries(questionsOf(lab)).flatMap(([name, text]) => {
      const found = logged[name] === text ? name : byCall.get(text);
      return found === undefined ? [] : [[name, found] as const];
    }),
  );
}
