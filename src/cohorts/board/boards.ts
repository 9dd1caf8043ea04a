import type { Clock } from '../../common/clock.js';
import type { Cohort } from '../cohort.js';
import { Board, type BoardDeps } from './board.js';

/** A board that nobody looks at is kept for so long, as the next one asks soon. */
const KEEP_MS = 60_000;

interface Kept {
  board: Board;
  opened: Promise<void>;
  cancel: () => void;
}

/** One board for each cohort that somebody looks at. */
export class Boards {
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly d: Omit<BoardDeps, 'cohort'> & { clock: Clock }) {}

  /** Open and up to date. */
  async of(cohort: Cohort): Promise<Board> {
    let kept = this.kept.get(cohort.id);
    if (!kept) {
      const board = new Board({ ...this.d, cohort });
      kept = { board, opened: board.open(), cancel: () => undefined };
      this.kept.set(cohort.id, kept);
      kept.opened.catch(() => this.drop(cohort.id));
    }
    this.expire(cohort.id, kept);
    await kept.opened;
    await kept.board.settled();
    return kept.board;
  }

  /** The board, if somebody looks at it. */
  open(cohortId: string): Board | undefined {
    return this.kept.get(cohortId)?.board;
  }

  close(): void {
    for (const id of this.kept.keys()) this.drop(id);
  }

  private expire(id: string, kept: Kept): void {
    kept.cancel();
    kept.cancel = this.d.clock.after(KEEP_MS, () => {
      if (kept.board.watched) this.expire(id, kept);
      else this.drop(id);
    });
  }

  private drop(id: string): void {
    const kept = this.kept.get(id);
    kept?.cancel();
    kept?.board.close();
    this.kept.delete(id);
  }
}
