import { readFileSync } from 'node:fs';
import { LabPlayer as Player } from '../../src/player/lab-player.js';
import { parseSolution } from '../../src/labs/solution.js';
import { untilState as until } from '../../src/player/until-state.js';
import type { Api } from './api.js';

/** The player of `lab test`, on the labs of this repository. */
export class LabPlayer extends Player {
  /** The reference transcript of the lab, with the score that is due at each of its points. */
  solve(lab: string): Promise<void> {
    return this.play(parseSolution(readFileSync(`labs/${lab}/solution.sh`, 'utf8')));
  }
}

export function untilReady(operator: Api, sandbox: string, withinMs: number): Promise<void> {
  return untilState(operator, sandbox, ['ready'], withinMs);
}

export function untilState(api: Api, sandbox: string, states: string[], withinMs: number): Promise<void> {
  return until({ api, sandbox, states, withinMs });
}
