import { readCast } from './cast-read.js';

/** asciicast v2: absolute times, and no event for the exit. */
export async function* toV2(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const item of readCast(lines)) {
    if ('head' in item) {
      const { term, timestamp, title, command } = item.head;
      const { cols: width, rows: height } = term;
      const env = { TERM: term.type ?? 'xterm-256color' };
      yield `${JSON.stringify({ version: 2, width, height, timestamp, title, command, env })}\n`;
    } else if (item.event.code !== 'x') {
      const { at, code, data } = item.event;
      yield `[${(at / 1e6).toFixed(6)}, "${code}", ${JSON.stringify(data)}]\n`;
    }
  }
}

const ESC = String.raw`\u001b`;
/** CSI, OSC and the other strings, two-character escapes, and controls but for tab, carriage return and line feed. */
const SEQUENCES = new RegExp(
  `${ESC}\\[[0-?]*[ -/]*[@-~]|${ESC}[\\]PX^_][^\\u0007\\u001b]*(?:\\u0007|${ESC}\\\\)|${ESC}[ -/]*[0-~]|[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001a\\u001c-\\u001f\\u007f]`,
  'g',
);
/** The beginning of a sequence whose end has not come yet. */
const UNFINISHED = new RegExp(`${ESC}(?:\\[[0-?]*[ -/]*|[\\]PX^_][^\\u0007\\u001b]*(?:${ESC})?|[ -/]*)?$`);
const MAX_UNFINISHED = 4096;

/** What was printed, as plain text: without escape sequences, with line feeds alone. Full screens make no sense in it. */
export async function* toText(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let held = '';
  for await (const item of readCast(lines)) {
    if ('head' in item || item.event.code !== 'o') continue;
    const text = held + item.event.data;
    const cut = UNFINISHED.exec(text)?.index ?? text.length;
    const whole = text.length - cut > MAX_UNFINISHED ? text : text.slice(0, cut);
    held = text.slice(whole.length);
    yield whole.replaceAll(SEQUENCES, '').replaceAll(/\r+\n/g, '\n').replaceAll('\r', '');
  }
}
