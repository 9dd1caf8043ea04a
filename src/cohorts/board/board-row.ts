import type { SandboxState } from '../../sandbox/sandbox.machine.js';
import type { Stuck } from './stuck.js';

export type CellState = 'blocked' | 'pending' | 'holding' | 'passed' | 'regressed' | 'failed' | 'error';

/** One objective of one learner. */
export interface Cell {
  state: CellState;
  attempts: number;
  /** Hints taken. */
  hints: number;
  /** Active time from unblocked to passed; null = not passed. */
  seconds: number | null;
}

/** What moves with the clock and with the keyboard rather than with the lab. */
export interface Pulse {
  /** Somebody is attached to a terminal. */
  connected: boolean;
  lastActivityAt: string | null;
  stuck: Stuck | null;
}

/** One learner in one lab; a learner without a sandbox has one row without a lab. */
export interface BoardRow extends Pulse {
  /** Stable while a sandbox is replaced by another. */
  key: string;
  userId: string;
  externalId: string;
  name: string;
  group: string | null;
  lab: string | null;
  sandboxId: string | null;
  sandboxState: SandboxState | null;
  tier: string | null;
  readyAt: string | null;
  expiresAt: string | null;
  cells: Record<string, Cell>;
  /** The first objective that can be worked on, and since when it is as it is. */
  current: { objective: string; state: CellState; since: string } | null;
  attempts: number;
  hints: number;
  score: { points: number; max: number; fraction: number; provisional: boolean } | null;
  /** Tripwires and other marks, `tripwire:<id>` or `<flag>:<subject>`. */
  flags: string[];
  handRaisedAt: string | null;
}

export function keyOf(userId: string, lab: string | null): string {
  return lab === null ? userId : `${userId}:${lab}`;
}

/** What changed: fields as they are now, and of `cells` only those that are new. */
export type RowDelta = { key: string } & Partial<Omit<BoardRow, 'key'>>;

/** Undefined = the same. */
export function deltaOf(before: BoardRow, after: BoardRow): RowDelta | undefined {
  const delta: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(after)) {
    const was = before[name as keyof BoardRow];
    if (name === 'cells' || value === was || JSON.stringify(value) === JSON.stringify(was)) continue;
    delta[name] = value;
  }
  const cells = Object.entries(after.cells).filter(
    ([id, cell]) => JSON.stringify(cell) !== JSON.stringify(before.cells[id]),
  );
  if (cells.length > 0) delta['cells'] = Object.fromEntries(cells);
  return Object.keys(delta).length === 0 ? undefined : { key: after.key, ...delta };
}
