/** As people sort: 2 before 10. */
const words = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** What the stream of a board says, put together. */
export class Rows {
  /** @type {Map<string, any>} */
  byKey = new Map();
  labs = [];
  cohort = { id: '', slug: '', title: '' };

  /**
   * Takes one event; answers which rows it concerns, or `all`.
   * @param {string} type
   * @param {any} data
   * @returns {'all' | string[]}
   */
  take(type, data) {
    if (type === 'snapshot') {
      this.byKey.clear();
      this.labs = data.labs;
      this.cohort = data.cohort;
      return 'all';
    }
    if (type !== 'rows' && type !== 'delta') return [];
    for (const key of data.removed ?? []) this.byKey.delete(key);
    for (const row of data.rows) {
      const before = this.byKey.get(row.key);
      this.byKey.set(row.key, { ...before, ...row, cells: { ...before?.cells, ...row.cells } });
    }
    return [...data.rows.map(({ key }) => key), ...(data.removed ?? [])];
  }

  objectivesOf(row) {
    return this.labs.find(({ slug }) => slug === row.lab)?.objectives ?? [];
  }

  groups() {
    const named = [...this.byKey.values()].map(({ group }) => group).filter(Boolean);
    return [...new Set(named)].sort(words.compare);
  }
}

export const STUCK_FROM = 0.5;

const HAS = {
  stuck: (row) => (row.stuck?.score ?? 0) >= STUCK_FROM,
  hand: (row) => row.handRaisedAt !== null,
  connected: (row) => row.connected,
  flagged: (row) => row.flags.length > 0,
  absent: (row) => row.sandboxId === null,
  done: (row) => row.sandboxId !== null && Object.values(row.cells).every((c) => c.state === 'passed'),
};
export const MARKS = Object.keys(HAS);

/** @param {string} mark */
export function has(mark, row) {
  return HAS[mark](row);
}

/** @param {{q: string, mark: string, group: string, lab: string}} wish empty = all */
export function isShown(row, { q, mark, group, lab }) {
  if (mark !== '' && !HAS[mark](row)) return false;
  if (group !== '' && row.group !== group) return false;
  if (lab !== '' && row.lab !== lab && row.lab !== null) return false;
  return q === '' || `${row.name} ${row.externalId}`.toLowerCase().includes(q.toLowerCase());
}

const met = (row) => Object.values(row.cells).filter((c) => c.state === 'passed').length;

/** Values to sort by; null comes last. */
export const SORTS = {
  name: (row) => row.name,
  group: (row) => row.group,
  current: (row) => row.stuck?.score ?? null,
  strip: (row) => met(row),
  score: (row) => row.score?.fraction ?? null,
  attempts: (row) => row.attempts,
  hints: (row) => row.hints,
  activity: (row) => row.lastActivityAt,
};

/** @param {{by: string, down: boolean}} order */
export function sorted(rows, { by, down }) {
  const value = SORTS[by];
  const sign = down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === y) return 0;
    if (x === null) return 1;
    if (y === null) return -1;
    const isLess = typeof x === 'string' ? words.compare(x, y) < 0 : x < y;
    return isLess ? -sign : sign;
  });
}
