/** Longest silence that is played, ms. */
const MAX_SILENCE = 2000;

/**
 * @typedef {{at: number, code: string, data: string}} CastEvent `at` in ms since the beginning, silences cut short
 * @typedef {{cols: number, rows: number, title: string, duration: number, events: CastEvent[]}} Cast
 */

/**
 * Reads an asciicast v3 file. Comments are left out, and so is a last line that is not whole.
 * @param {string} text
 * @returns {Cast}
 */
export function parseCast(text) {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const head = JSON.parse(lines[0]);
  if (head.version !== 3) throw new Error(`asciicast version ${head.version} is not played here`);
  const events = [];
  let at = 0;
  for (const line of lines.slice(1)) {
    let event;
    try {
      event = JSON.parse(line);
    } catch {
      break;
    }
    at += Math.min(MAX_SILENCE, event[0] * 1000);
    events.push({ at, code: event[1], data: event[2] });
  }
  return { cols: head.term.cols, rows: head.term.rows, title: head.title ?? '', duration: at, events };
}
