import type { Response } from 'express';

const HEARTBEAT_MS = 15_000;
/** A reader that lets this much pile up is cut; it resumes with Last-Event-ID. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

export interface SseStream {
  send(event: string, data: unknown, id?: string): void;
  /** Called once, when either side ends the stream. */
  onClose(listener: () => void): void;
  close(): void;
}

/** A stream that can be resumed. */
export interface FeedSse extends SseStream {
  /** Moves the reader's Last-Event-ID without an event. */
  mark(id: string): void;
}

/** Turns a response into a stream of server-sent events with a heartbeat every 15 s. */
export function openSse(response: Response): FeedSse {
  response.status(200);
  response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Accel-Buffering', 'no');
  response.flushHeaders();
  response.socket?.setNoDelay(true);
  const heartbeat = setInterval(() => response.write(': heartbeat\n\n'), HEARTBEAT_MS);
  heartbeat.unref();
  const listeners: (() => void)[] = [];
  response.once('close', () => {
    clearInterval(heartbeat);
    for (const listener of listeners) listener();
  });
  return {
    send(event, data, id) {
      if (response.destroyed) return;
      const head = id === undefined ? '' : `id: ${id}\n`;
      response.write(`${head}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
      if (response.writableLength > MAX_BUFFERED_BYTES) response.destroy();
    },
    mark: (id) => void response.write(`id: ${id}\n\n`),
    onClose: (listener) => void listeners.push(listener),
    close: () => response.end(),
  };
}
