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
export function streamBoard(o: StreamOptions): { stream: SseStream; started: Promise<void> } {
  const stream = openSse(o.response);
  const waiting: Numbered<BoardNews>[] = [];
  let live = false;
  let open = true;
  let starting: Promise<void> | undefined;

  const start = async (): Promise<void> => {
    live = false;
    waiting.length = 0;
    const id = o.board.head;
    await sendAll(o, stream);
    stream.send('aggregates', { aggregates: o.board.aggregates() }, id);
    goOn();
  };
  const goOn = (): void => {
    live = true;
    for (const news of waiting.splice(0)) pass(news);
  };
  const pass = ({ id, news }: Numbered<BoardNews>): void => {
    if (!open) return;
    if (news.type === 'reset') {
      starting = start();
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
  } else starting = start();
  return { stream, started: starting ?? Promise.resolve() };
}

async function sendAll(o: StreamOptions, stream: SseStream): Promise<void> {
  const { response } = o;
  const rows = filterRows(o.board.rows(), o.filter);
  stream.send('snapshot', { ...o.head(), total: rows.length });
  for (let at = 0; at < rows.length; at += CHUNK) {
    stream.send('rows', { rows: rows.slice(at, at + CHUNK) });
    if (response.writableNeedDrain) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    if (response.destroyed) return;
  }
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
