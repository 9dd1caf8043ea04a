import { Backoff, pause } from './backoff.js';

/** The server sends a heartbeat every 15 s; silence of three is a dead connection. */
const SILENCE_MS = 45_000;

/**
 * Reads the text of an event stream in any pieces.
 * @param {(event: {type: string, id: string, data: string}) => void} onEvent
 */
export function sseParser(onEvent) {
  let rest = '';
  let id = '';
  let type = '';
  let data = [];
  const line = (text) => {
    if (text === '') {
      if (data.length > 0) onEvent({ type: type || 'message', id, data: data.join('\n') });
      type = '';
      data = [];
      return;
    }
    const colon = text.indexOf(':');
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') type = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id') id = value;
  };
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) line(text.replace(/\r$/, ''));
  };
}

/**
 * Follows an event stream until aborted or refused for good. EventSource cannot send the Authorization header.
 * @param {object} o
 * @param {import('./api.js').Api} o.api
 * @param {string} o.path
 * @param {AbortSignal} o.signal
 * @param {(type: string, data: any) => void} o.onEvent
 * @param {(live: boolean) => void} o.onLink
 */
export async function follow({ api, path, signal, onEvent, onLink }) {
  const backoff = new Backoff();
  let lastId = '';
  while (!signal.aborted) {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    signal.addEventListener('abort', stop);
    addEventListener('offline', stop);
    let watchdog = setTimeout(stop, SILENCE_MS);
    try {
      const resume = lastId === '' ? {} : { 'Last-Event-ID': lastId };
      const headers = { Accept: 'text/event-stream', ...resume };
      const response = await api.open(path, { headers, signal: attempt.signal });
      backoff.reset();
      onLink(true);
      const parse = sseParser(({ type, id, data }) => {
        lastId = id;
        if (!signal.aborted) onEvent(type, JSON.parse(data));
      });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        clearTimeout(watchdog);
        watchdog = setTimeout(stop, SILENCE_MS);
        parse(read.value);
      }
    } catch (error) {
      const refused = [401, 403, 404, 410].includes(error.status);
      if (refused) return;
    } finally {
      clearTimeout(watchdog);
      signal.removeEventListener('abort', stop);
      removeEventListener('offline', stop);
    }
    if (signal.aborted) return;
    onLink(false);
    await pause(backoff.next(), signal);
  }
}
