import { interpolateText } from '../labs/interpolate.js';
import { localeOf } from '../labs/lab-view.js';
import type { PreparedLab, PreparedObjective } from '../labs/prepared-lab.js';
import { textIn, type Localized } from '../labs/text-spec.js';
import { countsIn, shownState } from './credit.js';
import { isOmitted, type Frozen } from './freeze.js';
import { hintCost, isAvailable, isTaken } from './hints.js';
import type { Json } from './json.js';
import { leftOutReason } from './left-out-words.js';
import { sentence } from './messages.js';
import { developPicture, takenAt, type Picture } from './picture.js';
import type { ObjectiveProgress, Progress } from './progress.js';
import { redact } from './redact.js';
import { tripCost } from './tripwires.js';
import type { ObjectiveRun } from './objective-run.js';
import type { Run } from './run.js';
import { scoreOf, type Score } from './score.js';

export interface ViewContext {
  run: Run;
  sandboxId: string;
  /** Of the run's clock, and the wall time that it stands for. */
  now: number;
  wall: number;
  frozen: Frozen | null;
  /** What a learner was last shown, see picture.ts. */
  shown?: Json;
  /** Learners see what the lab's feedback lets them see; anyone else, and by default, everything. */
  reader?: 'learner' | 'staff';
}

export function scoreOfRun(run: Picture, frozen: boolean): Score {
  return scoreOf(
    run.lab.objectives.map(({ spec }) => {
      const objective = run.of(spec.id);
      return {
        weight: spec.weight,
        bonus: spec.bonus,
        credited: countsIn(objective),
        hintCost: hintCost(spec.hints, objective),
        omitted: frozen && isOmitted(objective),
      };
    }),
    tripCost(run.lab.tripwires, run.trips),
  );
}

/** Whether the reader sees something else than what is so now. */
export function seesPicture({
  run,
  frozen,
  reader,
}: Pick<ViewContext, 'run' | 'frozen' | 'reader'>): boolean {
  return reader === 'learner' && run.lab.spec.feedback !== 'live' && frozen === null;
}

/** The whole progress in one locale; objectives in the order of the file. */
export function progressView(context: ViewContext, asked: string | undefined): Progress {
  const { run, frozen, shown = null, reader = 'staff' } = context;
  const { spec } = run.lab;
  const locale = localeOf(spec, asked);
  const then = seesPicture(context);
  const picture = then ? developPicture(shown, run, context) : run;
  const view: PictureContext = { ...context, picture };
  const score = scoreOfRun(picture, frozen !== null);
  const inFile = spec.objectives.map((o) => run.lab.objectives.find((p) => p.spec.id === o.id)!);
  return {
    sandboxId: context.sandboxId,
    lab: spec.id,
    locale,
    score,
    passed: score.fraction >= spec.passMark,
    frozenAt: frozen?.at.toISOString() ?? null,
    provisional: frozen?.provisional ?? false,
    confirmed: frozen?.confirmedAt
      ? { at: frozen.confirmedAt.toISOString(), by: frozen.confirmedBy ?? '' }
      : null,
    feedback: spec.feedback,
    shownAt: then ? (takenAt(shown)?.toISOString() ?? null) : null,
    flags: reader === 'staff' ? run.flags() : [],
    trips: tripViews(view, locale),
    objectives: inFile.map((objective) => objectiveView(objective, view, locale)),
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

type PictureContext = ViewContext & { picture: Picture };

function tripViews({ run, picture, now, wall }: PictureContext, locale: string): Progress['trips'] {
  return run.lab.tripwires.flatMap(({ spec: { id, onTrip, text } }) => {
    const trip = picture.trips.get(id);
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
  context: PictureContext,
  locale: string,
): ObjectiveProgress {
  const { spec } = objective;
  const { run, picture, now, wall } = context;
  const [state, live] = [picture.of(spec.id), run.of(spec.id)];
  const text = (localized: Localized): string =>
    hide(interpolateText(textIn(localized, locale, run.lab.spec.locales), run.lab.values), run.lab);
  return {
    id: spec.id,
    title: text(spec.title),
    weight: spec.weight,
    bonus: spec.bonus,
    state: shownState(state),
    since: new Date(wall - (now - state.memory.since)).toISOString(),
    needs: spec.needs,
    attempts: state.attempts,
    credited: countsIn(state),
    overridden: state.override && {
      by: state.override.by,
      reason: state.override.reason,
      at: new Date(wall - (now - state.override.at)).toISOString(),
    },
    retries: { left: Math.max(0, spec.retry - state.retries), allowed: spec.retry },
    dueAt: context.frozen ? null : dueAt(objective, state, context),
    explanation: explanationView(objective, state, { text, locale, lab: run.lab }),
    hints: spec.hints.map((hint, i) => {
      const available = isAvailable(hint, i, live, now);
      const shown = isTaken(live, i) || (available && hint.cost === 0);
      return { n: i + 1, available, cost: hint.cost, text: shown ? text(hint.text) : null };
    }),
    evidenceId: state.evidenceId,
  };
}

function explanationView(
  { spec }: PreparedObjective,
  state: ObjectiveRun,
  { text, locale, lab }: { text: (localized: Localized) => string; locale: string; lab: PreparedLab },
): ObjectiveProgress['explanation'] {
  const { failure, explain, override } = state;
  if (!failure || override) return null;
  const wire = failure.kind === 'tripped' ? lab.tripwires.find((t) => t.spec.id === failure.path) : undefined;
  const written = wire?.spec ?? (explain === null ? undefined : spec.explain[explain]);
  // What a hidden objective looks at would give it away; its author's words may be shown.
  if (spec.hidden && !written && failure.kind !== 'late') return null;
  const shown = written ? text(written.text) : hide(sentence(failure, locale, lab), lab);
  if (spec.hidden) return { text: shown, path: '', kind: failure.kind, expected: null, observed: null };
  return {
    text: shown,
    path: failure.path,
    kind: failure.kind,
    expected: failure.expected,
    observed: failure.observed,
  };
}

/** What a learner is to find out stands in no text, not even in the name of a file. */
function hide(text: string, { secrets }: PreparedLab): string {
  return redact(text, secrets) as string;
}

/** While its clock runs and it is not won yet. */
function dueAt(
  objective: PreparedObjective,
  state: ObjectiveRun,
  { run, now, wall }: PictureContext,
): string | null {
  const { within } = objective.rules;
  const { memory } = state;
  const waits = memory.state === 'pending' || (memory.state === 'blocked' && within?.fromStart === true);
  if (!within || !waits || state.override || run.clockStopped(objective)) return null;
  const spent = memory.spentMs + (now - memory.lastTick);
  return new Date(wall + within.forMs - spent).toISOString();
}
