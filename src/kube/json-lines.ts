import type { Readable } from 'node:stream';
import { KubeError } from './kube-error.js';

/** Largest line: the server itself stores no object above 1.5 MiB. */
const MAX_LINE = 3 * 1024 * 1024;
/** Lines taken before others get their turn: a flood of events is read as fast as it can be, but no faster. */
const BURST = 200;
const BURST_MS = 200;

/** Calls `onLine` for every line of the stream, in order; resolves at its end, rejects with KubeError. */
export async function eachLine(stream: Readable, onLine: (line: string) => void): Promise<void> {
  let kept: Buffer[] = [];
  let bytes = 0;
  let taken = 0;
  let window = performance.now();
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      let from = 0;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        const line = Buffer.concat([...kept, chunk.subarray(from, at)]).toString('utf8');
        kept = [];
        bytes = 0;
        from = at + 1;
        if (line !== '') onLine(line);
        if (++taken < BURST) continue;
        const wait = BURST_MS - (performance.now() - window);
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        taken = 0;
        window = performance.now();
      }
      const rest = chunk.subarray(from);
      if (rest.length === 0) continue;
      bytes += rest.length;
      if (bytes > MAX_LINE) throw new KubeError('too-large', `a line of more than ${MAX_LINE} bytes`);
      kept.push(rest);
    }
  } catch (error) {
    if (error instanceof KubeError) throw error;
    throw new KubeError('unreachable', (error as Error).message);
  } finally {
    stream.destroy();
  }
}
