import { setTimeout as pause } from 'node:timers/promises';
import { ApiClient as PlayerApi } from '../src/player/api-client.js';
import { LabPlayer } from '../src/player/lab-player.js';
import type { GradedLab } from './grade-labs.js';
import type { BenchContext } from './harness.js';
import type { ServiceProcess } from './service-process.js';

/** Learners that come in at once; more would measure the making of sandboxes. */
const JOIN_AT_ONCE = 4;
const VERDICT_MS = 30_000;

export interface Learner {
  graded: GradedLab;
  player: LabPlayer;
}

/** From the key that runs a command to the event with the new state, ms. */
export interface Reactions {
  passed: number[];
  regressed: number[];
}

/** Learners with a shell and a progress stream each, all at full score. */
export async function gather(
  context: BenchContext,
  service: ServiceProcess,
  labs: readonly GradedLab[],
): Promise<Learner[]> {
  const operator = new PlayerApi(service.url, service.operatorKey);
  const learners: Learner[] = [];
  const waiting = [...labs.entries()];
  const join = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [i, graded] = next;
      const user = `grade-${graded.lab}-${i}`;
      const player = await LabPlayer.begin({ service, operator, lab: graded.lab, user });
      context.defer(() => player.detach());
      for (const line of graded.lines) await player.type(line);
      await player.progress.until('full score', (p) => p.score.fraction === 1, VERDICT_MS);
      learners.push({ graded, player });
    }
  };
  await Promise.all(Array.from({ length: JOIN_AT_ONCE }, join));
  return learners;
}

/** Everyone takes an objective away and gives it back, at random times up to `maxPauseMs` apart. */
export async function work(
  learners: readonly Learner[],
  o: { rounds: number; maxPauseMs: number },
): Promise<Reactions> {
  const took: Reactions = { passed: [], regressed: [] };
  const change = async ({ player, graded }: Learner, due: 'passed' | 'regressed'): Promise<void> => {
    await pause(Math.random() * o.maxPauseMs);
    const began = performance.now();
    player.terminal.line(due === 'passed' ? graded.redo : graded.undo);
    const seen = await player.progress.until(
      `${graded.objective} of ${graded.lab} ${due}`,
      (p) => p.objectives.some(({ id, state }) => id === graded.objective && state === due),
      VERDICT_MS,
    );
    took[due].push(seen - began);
  };
  await Promise.all(
    learners.map(async (learner) => {
      for (let i = 0; i < o.rounds; i++) {
        await change(learner, 'regressed');
        await change(learner, 'passed');
      }
    }),
  );
  return took;
}

export async function leave(operator: PlayerApi, learners: readonly Learner[]): Promise<void> {
  await Promise.all(learners.map(({ player }) => player.leave(operator)));
}
