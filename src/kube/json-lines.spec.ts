import { Readable } from 'node:stream';
import fc from 'fast-check';
import { eachLine } from './json-lines.js';

const streamOf = (...chunks: (string | Buffer)[]): Readable =>
  Readable.from(chunks.map((c) => Buffer.from(c)));

async function linesOf(stream: Readable): Promise<string[]> {
  const lines: string[] = [];
  await eachLine(stream, (line) => lines.push(line));
  return lines;
}

describe('lines of a watch', () => {
  it('are the same however the stream is cut, also within a character', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.stringMatching(/^[a-zé✓]{1,20}$/u)), fc.nat(40), async (lines, at) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const cut = Math.min(at, bytes.length);
        expect(await linesOf(streamOf(bytes.subarray(0, cut), bytes.subarray(cut)))).toEqual(lines);
      }),
      { numRuns: 50 },
    );
  });

  it('do not count when they are empty or have no end', async () => {
    expect(await linesOf(streamOf('a\n\n\nb\nhalf'))).toEqual(['a', 'b']);
  });

  it('have a limit: one without end is given up at 3 MiB', async () => {
    let made = 0;
    const endless = new Readable({
      read() {
        made++;
        this.push(Buffer.alloc(64 * 1024, 'x'));
      },
    });
    await expect(linesOf(endless)).rejects.toMatchObject({ code: 'too-large' });
    expect(made).toBeLessThan(60);
    expect(endless.destroyed).toBe(true);
  });

  it('come at a bounded rate, so that a flood starves nobody', async () => {
    const started = performance.now();
    const lines = await linesOf(streamOf('{}\n'.repeat(601)));
    expect(lines).toHaveLength(601);
    expect(performance.now() - started).toBeGreaterThan(550);
  });

  it('end with the error of the one who takes them, and the stream with them', async () => {
    const stream = streamOf('a\nb\n');
    const failing = eachLine(stream, () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toMatchObject({ code: 'unreachable', message: 'no' });
    expect(stream.destroyed).toBe(true);
  });
});
