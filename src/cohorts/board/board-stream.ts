import { once } from 'node:events';
import type { Response } from 'express';
import { openSse, type SseStream } from '../../http/sse.js';
import type { Board, BoardNews } from './board.js';
import { type BoardFilter, filterRows } from './board-filter.js';
import type { Numbered } from './journal.js';

/** Rows per event: a slow reader gets one after the other, and is never cut for the size of its class. */
const CHUNK = 100;

interface StreamOptions {
  board: Board;
  response: Response;
  filter: Pick<BoardFilter, 'lab' | 'group'>;
  /** Everything but the rows. */
  head(): object;
  lastId: string | undefined;
}

/**
 * First `snapshot` and `rows` until all are there, then `delta` and `aggregates`; after a resumption what was missed, or
 * everything again. The stream ends with `close`.
 */
export function streamBoard(o: StreamOptions): SseStream {
  const stream = openSse(o.response);
  const waiting: Numbered<BoardNews>[] = [];
  let live = false;
  let open = true;
  let starts = 0;

  const start = async (): Promise<void> => {
    const own = ++starts;
    live = false;
    waiting.length = 0;
    const id = o.board.head;
    // Another beginning may overtake this one, and what it says is newer.
    if (!(await sendAll(o, stream, () => open && own === starts))) return;
    stream.send('aggregates', { aggregates: o.board.aggregates() }, id);
    live = true;
    for (const news of waiting.splice(0)) pass(news);
  };
  const begin = (): void => void start().catch(() => stream.close());
  const pass = ({ id, news }: Numbered<BoardNews>): void => {
    if (!open) return;
    if (news.type === 'reset') {
      begin();
      return;
    }
    const { type, ...data } = news;
    const shown = news.type === 'delta' ? shownOf(o, news) : data;
    if (shown) stream.send(type, shown, id);
  };
  const off = o.board.watch((news) => {
    if (news.news.type === 'reset') pass(news);
    else if (live) pass(news);
    else waiting.push(news);
  });
  stream.onClose(() => {
    open = false;
    off();
  });
  const missed = o.lastId === undefined ? undefined : o.board.after(o.lastId);
  if (missed && !missed.some(({ news }) => news.type === 'reset')) {
    for (const news of missed) pass(news);
    live = true;
  } else begin();
  return stream;
}

/** False = it was no longer wanted. */
async function sendAll(o: StreamOptions, stream: SseStream, wanted: () => boolean): Promise<boolean> {
  const { response } = o;
  const rows = filterRows(o.board.rows(), o.filter);
  stream.send('snapshot', { ...o.head(), total: rows.length });
  for (let at = 0; at < rows.length; at += CHUNK) {
    stream.send('rows', { rows: rows.slice(at, at + CHUNK) });
    if (response.writableNeedDrain) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    if (!wanted()) return false;
  }
  return true;
}

/** What of a delta this reader has rows for. */
function shownOf(
  { board, filter }: StreamOptions,
  { rows, removed }: Extract<BoardNews, { type: 'delta' }>,
): object | undefined {
  if (filter.lab === undefined && filter.group === undefined) return { rows, removed };
  const keys = new Set(filterRows(board.rows(), filter).map(({ key }) => key));
  const seen = rows.filter(({ key }) => keys.has(key));
  return seen.length + removed.length === 0 ? undefined : { rows: seen, removed };
}
