import { interpolateText } from '../labs/interpolate.js';
import { localeOf } from '../labs/lab-view.js';
import type { PreparedObjective } from '../labs/prepared-lab.js';
import { textIn, type Localized } from '../labs/text-spec.js';
import { hintCost, isAvailable, isTaken } from './hints.js';
import { leftOutReason } from './left-out-words.js';
import { sentence } from './messages.js';
import { isCredited } from './objective.machine.js';
import type { ObjectiveProgress, Progress } from './progress.js';
import { tripCost } from './tripwires.js';
import type { ObjectiveRun, Run } from './run.js';
import { scoreOf, type Score } from './score.js';

export interface ViewContext {
  run: Run;
  sandboxId: string;
  /** Of the run's clock, and the wall time that it stands for. */
  now: number;
  wall: number;
  frozenAt: Date | null;
}

export function scoreOfRun(run: Run, frozen: boolean): Score {
  return scoreOf(
    run.lab.objectives.map(({ spec }) => {
      const objective = run.of(spec.id);
      const credited = isCredited(objective.memory);
      return {
        weight: spec.weight,
        bonus: spec.bonus,
        credited,
        hintCost: hintCost(spec.hints, objective),
        omitted: frozen && objective.memory.state === 'error' && !credited,
      };
    }),
    tripCost(run.lab.tripwires, run.trips),
  );
}

/** The whole progress in one locale; objectives in the order of the file. */
export function progressView(context: ViewContext, asked: string | undefined): Progress {
  const { run, frozenAt } = context;
  const { spec } = run.lab;
  const locale = localeOf(spec, asked);
  const score = scoreOfRun(run, frozenAt !== null);
  const inFile = spec.objectives.map((o) => run.lab.objectives.find((p) => p.spec.id === o.id)!);
  return {
    sandboxId: context.sandboxId,
    lab: spec.id,
    locale,
    score,
    passed: score.fraction >= spec.passMark,
    frozenAt: frozenAt?.toISOString() ?? null,
    trips: tripViews(context, locale),
    objectives: inFile.map((objective) => objectiveView(objective, context, locale)),
    leftOut: run.lab.leftOut.map(({ spec: { id, title, weight, bonus }, missing }) => ({
      id,
      title: interpolateText(textIn(title, locale, spec.locales), run.lab.values),
      weight,
      bonus,
      requires: missing,
      reason: leftOutReason(missing, locale),
    })),
  };
}

function tripViews({ run, now, wall }: ViewContext, locale: string): Progress['trips'] {
  return run.lab.tripwires.flatMap(({ spec: { id, onTrip, text } }) => {
    const trip = run.trips.get(id);
    if (!trip) return [];
    const { values, spec } = run.lab;
    return [
      {
        id,
        text: interpolateText(textIn(text, locale, spec.locales), values),
        at: new Date(wall - (now - trip.at)).toISOString(),
        effect: onTrip === 'flag' ? 'flag' : 'fail' in onTrip ? 'fail' : 'cost',
        cost: typeof onTrip === 'object' && 'cost' in onTrip ? onTrip.cost : 0,
        evidenceId: trip.evidenceId,
      },
    ];
  });
}

function objectiveView(
  objective: PreparedObjective,
  context: ViewContext,
  locale: string,
): ObjectiveProgress {
  const { spec } = objective;
  const { run, now, wall } = context;
  const state = run.of(spec.id);
  const text = (localized: Localized): string =>
    interpolateText(textIn(localized, locale, run.lab.spec.locales), run.lab.values);
  return {
    id: spec.id,
    title: text(spec.title),
    weight: spec.weight,
    bonus: spec.bonus,
    state: state.memory.state,
    since: new Date(wall - (now - state.memory.since)).toISOString(),
    needs: spec.needs,
    attempts: state.attempts,
    credited: isCredited(state.memory),
    explanation: explanationView(objective, state, text, locale),
    hints: spec.hints.map((hint, i) => {
      const available = isAvailable(hint, i, state, now);
      const shown = isTaken(state, i) || (available && hint.cost === 0);
      return { n: i + 1, available, cost: hint.cost, text: shown ? text(hint.text) : null };
    }),
    evidenceId: state.evidenceId,
  };
}

function explanationView(
  { spec }: PreparedObjective,
  state: ObjectiveRun,
  text: (localized: Localized) => string,
  locale: string,
): ObjectiveProgress['explanation'] {
  const { failure, explain } = state;
  if (!failure) return null;
  const written = explain === null ? undefined : spec.explain[explain];
  // What a hidden objective looks at would give it away; its author's words may be shown.
  if (spec.hidden && !written) return null;
  const shown = written ? text(written.text) : sentence(failure, locale);
  if (spec.hidden) return { text: shown, path: '', kind: failure.kind, expected: null, observed: null };
  return {
    text: shown,
    path: failure.path,
    kind: failure.kind,
    expected: failure.expected,
    observed: failure.observed,
  };
}
