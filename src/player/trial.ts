import { type ApiClient, bodyOf } from './api-client.js';
import { LabPlayer, PointsDiffer } from './lab-player.js';
import type { SeenProgress } from './progress-client.js';
import type { SolutionStep } from '../labs/solution.js';

export interface TrialStep {
  /** Line of solution.sh. */
  line: number;
  points: number;
  afterMs: number;
}

export interface TrialFailure {
  /** Of solution.sh; null when no line of it is to blame. */
  line: number | null;
  message: string;
  expected: number | null;
  points: number | null;
  objectives: { id: string; state: string; credited: boolean; weight: number; explanation: string | null }[];
  /** Last lines of the terminal. */
  terminal: string[];
}

export interface Trial {
  lab: string;
  ok: boolean;
  sandbox: string | null;
  readyMs: number | null;
  max: number | null;
  steps: TrialStep[];
  failure: TrialFailure | null;
}

export interface TrialOptions {
  service: { url: string; operatorKey: string };
  operator: ApiClient;
  lab: string;
  steps: readonly SolutionStep[];
  /** How long the points of a `# expect:` may take. */
  patienceMs: number;
  /** With drawn values of the parameters, in place of the defaults. */
  individualise: boolean;
  /** Leaves the sandbox where the solution left it. */
  keep: boolean;
  say: (text: string) => void;
  signal: AbortSignal;
}

const READY_WITHIN_MS = 300_000;

/** One lab in one sandbox: nothing for nothing, the points of the solution at each of its places, everything at the end. */
export async function tryLab(o: TrialOptions): Promise<Trial> {
  const trial: Trial = {
    lab: o.lab,
    ok: false,
    sandbox: null,
    readyMs: null,
    max: null,
    steps: [],
    failure: null,
  };
  const begun = performance.now();
  let player: LabPlayer | undefined;
  try {
    const { service, operator, lab, signal } = o;
    player = await LabPlayer.begin({
      service,
      operator,
      lab,
      user: authorOf(lab),
      withinMs: READY_WITHIN_MS,
      // As everything else that the command prints.
      locale: 'en',
      watcher: service.operatorKey,
      individualise: o.individualise,
      signal,
    });
    trial.sandbox = player.sandbox;
    trial.readyMs = Math.round(performance.now() - begun);
    trial.max = player.progress.latest!.score.max;
    o.say(`${lab}: ${player.sandbox} is ready after ${seconds(trial.readyMs)}`);
    await untouched(player, operator);
    o.say(`${lab}: untouched: 0 of ${trial.max} points`);
    const { patienceMs } = o;
    const onStep = (step: SolutionStep): void => stepDone(step, { trial, begun, say: o.say });
    await Promise.race([player.play(o.steps, { patienceMs, signal, onStep }), aborted(signal)]);
    atTheEnd(player.progress.latest!);
    trial.ok = true;
  } catch (error) {
    if (o.signal.aborted) throw error;
    trial.failure = failureOf(error, player);
  } finally {
    if (o.keep && !o.signal.aborted) await player?.detach();
    else await player?.leave(o.operator);
  }
  return trial;
}

/** The learner of a trial. */
export function authorOf(lab: string): string {
  return `author-of-${lab}`;
}

/** Rejects with the signal's reason; a line that waits for its prompt must not keep an interrupted author waiting. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

class TrialError extends Error {}

/** Asks for a look at everything: nothing may hold, and nothing may be about to. */
async function untouched(player: LabPlayer, operator: ApiClient): Promise<void> {
  const checked = await operator.post<SeenProgress>(`/v1/sandboxes/${player.sandbox}/progress/check`);
  const body = bodyOf(checked, 'a check');
  const held = body.objectives.filter((o) => o.credited || o.state === 'holding').map((o) => o.id);
  if (body.score.points !== 0 || held.length > 0) {
    throw new TrialError(
      `an untouched sandbox has ${body.score.points} points, and must have none (true already: ${held.join(', ')}); ` +
        'let these objectives need one that is not, or look for something that only the learner can bring about',
    );
  }
}

function atTheEnd({ score, trips }: SeenProgress): void {
  if (score.points < score.max) {
    throw new TrialError(`the solution ends with ${score.points} of ${score.max} points`);
  }
  const tripped = trips.map(({ id }) => id);
  if (tripped.length > 0) throw new TrialError(`the solution trips ${tripped.join(', ')}`);
}

function stepDone(
  step: SolutionStep,
  { trial, begun, say }: { trial: Trial; begun: number; say: (text: string) => void },
): void {
  if (step.kind !== 'expect') return;
  const afterMs = Math.round(performance.now() - begun);
  trial.steps.push({ line: step.line, points: step.points, afterMs });
  say(`${trial.lab}: line ${step.line}: ${step.points} of ${trial.max} points, ${seconds(afterMs)}`);
}

function failureOf(error: unknown, player: LabPlayer | undefined): TrialFailure {
  const latest = player?.progress.latest;
  const step = error instanceof PointsDiffer ? error.step : undefined;
  const message = step
    ? `expected ${step.points} points, and there are ${latest?.score.points ?? 'none'}`
    : (error as Error).message;
  return {
    line: step?.line ?? null,
    message,
    expected: step?.points ?? null,
    points: latest?.score.points ?? null,
    objectives: (latest?.objectives ?? []).map(({ id, state, credited, weight, explanation }) => ({
      id,
      state,
      credited,
      weight,
      explanation: explanation?.text ?? null,
    })),
    terminal: lastLines(player?.terminal.text ?? ''),
  };
}

/** Without the control sequences, which would act on the author's terminal. */
function lastLines(text: string): string[] {
  // oxlint-disable-next-line no-control-regex
  const plain = text.replace(/\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|.)/g, '');
  return plain
    .replace(/[^\n\u0020-\uffff]/g, '')
    .split('\n')
    .slice(-8);
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
