import type { Logger } from '../common/logger.js';
import type { SseStream } from '../http/sse.js';
import type { Bus } from './bus.js';
import type { Feed, FeedFilter } from './feed.js';

/** A row of a transaction that was still open at the last read shows up without a signal of its own. */
const POLL_MS = 1000;

/** Follows the feed into one stream until the stream ends. Reads never overlap; signals in between are coalesced. */
export function followFeed(o: {
  feed: Feed;
  bus: Bus;
  stream: SseStream;
  filter: FeedFilter;
  cursor: string;
  logger: Logger;
}): void {
  let cursor = o.cursor;
  let open = true;
  let reading = false;
  let again = false;

  const read = async (): Promise<void> => {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    try {
      do {
        again = false;
        const events = await o.feed.after(cursor, o.filter);
        for (const event of events) {
          if (!open) return;
          o.stream.send(event.type, event, event.cursor);
          cursor = event.cursor;
        }
        if (events.length > 0) again = true;
      } while (again && open);
    } catch (error) {
      // The next poll tries again; the client has lost nothing, as the cursor did not move.
      o.logger.warn({ err: error }, 'the event feed could not be read');
    } finally {
      reading = false;
    }
  };

  const off = o.bus.on('feed.appended', ({ sandboxId }) => {
    if (o.filter.sandboxId === undefined || sandboxId === null || sandboxId === o.filter.sandboxId)
      void read();
  });
  const poll = setInterval(() => void read(), POLL_MS);
  poll.unref();
  o.stream.onClose(() => {
    open = false;
    off();
    clearInterval(poll);
  });
  void read();
}
