/** One event of a recording, with the time since its beginning. */
export interface CastEvent {
  /** Integer microseconds. */
  at: number;
  code: string;
  data: string;
}

export interface CastHead {
  term: { cols: number; rows: number; type?: string };
  timestamp?: number;
  title?: string;
  command?: string;
}

/**
 * Reads lines of an asciicast v3 file as they come. Comments are left out, and so is a last line that a crash tore.
 * Yields the header first.
 */
export async function* readCast(
  lines: AsyncIterable<string>,
): AsyncGenerator<{ head: CastHead } | { event: CastEvent }> {
  let at = 0;
  let first = true;
  for await (const line of lines) {
    if (line === '' || line.startsWith('#')) continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return;
    }
    if (first) {
      first = false;
      yield { head: value as CastHead };
      continue;
    }
    const [interval, code, data] = value as [number, string, string];
    at += Math.round(interval * 1e6);
    yield { event: { at, code, data } };
  }
}
