import type { Lacking } from '../../labs/lab-plan.js';
import type { Json } from '../json.js';
import type { ObjectiveRun } from '../objective-run.js';
import type { Look } from '../run.js';
import type { Trip } from '../tripwires.js';

/** objective, from, to. */
export type LoggedTransition = [objective: string, from: string, to: string];

/** A grader started: what it began with. */
export interface Begin {
  kind: 'begin';
  format: number;
  /** On the run's clock, and the wall time that it stands for, ms. */
  now: number;
  wall: number;
  /** Parameters and constants; secret ones replaced. */
  values: Record<string, Json>;
  /** Name of each observation -> what was asked, as canonical JSON. */
  calls: Record<string, string>;
  /** Objectives that the engine could not support. */
  lacking: Lacking;
  objectives: Record<string, ObjectiveRun>;
  trips: Record<string, Trip>;
  past: Record<string, Record<string, Json>>;
}

export type LoggedLook = Omit<Look, 'past'>;

/** What is folded into a run, in order. Times are of the run's clock. */
export type LogEntry =
  | Begin
  /** Folded, and what came of it. */
  | { kind: 'look'; look: LoggedLook; transitions: LoggedTransition[]; tripped: string[] }
  /** The moment of one event. */
  | { kind: 'glimpse'; look: LoggedLook; touched: string[] }
  /** Somebody did something to the run itself: took a hint, tried again, froze it. */
  | { kind: 'deed'; now: number; deed: Deed; transitions: LoggedTransition[] };

export type Deed = { [key: string]: Json } & { does: string };
