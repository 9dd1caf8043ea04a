import { covered, spansOf } from './active-time.js';
import type { BoardLab } from './board-labs.js';
import type { Pulse } from './board-row.js';
import type { LiveSignals } from './live-signals.js';
import type { RunView } from './run-view.js';
import { stuckOf } from './stuck.js';

/** Activity is told in steps of this, so that typing is no news. */
const ACTIVITY_STEP_MS = 15_000;

export interface PulseInput {
  view: RunView;
  lab: BoardLab;
  signals: Readonly<LiveSignals>;
  /** The sandbox runs; what is over is not stuck. */
  running: boolean;
  lastActivityAt: Date | null;
  /** Active times of the cohort's passes by objective, ms. */
  passes: ReadonlyMap<string, readonly number[]>;
  now: number;
}

/** What moves with the clock. Pure. */
export function pulseOf(input: PulseInput): Pulse {
  const { signals, running, lastActivityAt } = input;
  const at = lastActivityAt && Math.floor(lastActivityAt.getTime() / ACTIVITY_STEP_MS) * ACTIVITY_STEP_MS;
  return {
    connected: running && signals.attachments > 0,
    lastActivityAt: at === null ? null : new Date(at).toISOString(),
    stuck: running ? stuckNow(input) : null,
  };
}

function stuckNow({ view, lab, signals, passes, now }: PulseInput): Pulse['stuck'] {
  const { current } = view;
  if (!current || current.state === 'error') return null;
  const objective = lab.objectives.find(({ id }) => id === current.objective)!;
  const attended = spansOf(view.attended, now);
  const without = spansOf(view.errors[current.objective] ?? [], now);
  const lastKey = Math.max(signals.enteredAt ?? 0, signals.attachedAt ?? 0);
  return stuckOf({
    activeMs: covered(attended, { from: view.openSince, to: now }, without),
    passes: passes.get(`${lab.slug} ${current.objective}`) ?? [],
    estimateMs: objective.estimateMs,
    repeats: signals.failing.some((f) => f.objective === current.objective) ? signals.repeats : 0,
    silentMs: signals.attachments > 0 ? now - lastKey : undefined,
  });
}
