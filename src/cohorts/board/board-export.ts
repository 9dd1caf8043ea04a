import type { BoardRow } from './board-row.js';
import { csvOf, type CsvValue } from './csv.js';

const COLUMNS: [string, (row: BoardRow) => CsvValue][] = [
  ['user', (row) => row.externalId],
  ['name', (row) => row.name],
  ['group', (row) => row.group],
  ['lab', (row) => row.lab],
  ['sandbox', (row) => row.sandboxId],
  ['sandbox_state', (row) => row.sandboxState],
  ['points', (row) => row.score?.points ?? null],
  ['max', (row) => row.score?.max ?? null],
  ['fraction', (row) => row.score?.fraction ?? null],
  ['provisional', (row) => row.score?.provisional ?? null],
  ['attempts', (row) => row.attempts],
  ['hints', (row) => row.hints],
  ['flags', (row) => row.flags.join(' ')],
  ['tier', (row) => row.tier],
  ['ready_at', (row) => row.readyAt],
  ['last_activity_at', (row) => row.lastActivityAt],
];

/** One line per learner and lab; two columns per objective: its state and the active seconds to pass it. */
export function boardCsv(rows: readonly BoardRow[], objectives: readonly string[]): string {
  const head = [...COLUMNS.map(([name]) => name), ...objectives.flatMap((id) => [id, `${id}_seconds`])];
  const lines = rows.map((row) => [
    ...COLUMNS.map(([, value]) => value(row)),
    ...objectives.flatMap((id) => [row.cells[id]?.state ?? null, row.cells[id]?.seconds ?? null]),
  ]);
  return csvOf([head, ...lines]);
}
