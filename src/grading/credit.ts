import { isCredited, type ObjectiveMemory, type ObjectiveStateName } from './objective.machine.js';

/** What a person decided about an objective. It stands above what is observed, until it is taken back. */
export interface Decision {
  state: 'passed' | 'failed';
  /** Name to show. */
  by: string;
  reason: string;
  /** On the run's clock. */
  at: number;
}

interface Decided {
  memory: ObjectiveMemory;
  override: Decision | null;
}

/** Whether it counts in the score and opens what needs it. */
export function countsIn({ memory, override }: Decided): boolean {
  return override ? override.state === 'passed' : isCredited(memory);
}

/** The state that people see. */
export function shownState({ memory, override }: Decided): ObjectiveStateName {
  return override?.state ?? memory.state;
}
