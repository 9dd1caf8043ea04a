import { ManualClock } from '../../common/manual-clock.js';
import { ReplayRing } from '../replay-ring.js';
import type { CastFile } from './cast-file.js';
import { CastRecorder, type CastOptions } from './cast-recorder.js';

const EXIT = { code: 3, signal: null, seq: 0, reason: 'exited', at: '' } as const;

/** A file in memory that answers at once, or only when told. */
class MemoryFile implements CastFile {
  text = '';
  isClosed = false;
  synced = 0;
  answers = true;
  fails = false;
  private waiting: (() => void)[] = [];

  append(text: string): Promise<void> {
    if (this.fails) return Promise.reject(new Error('no space'));
    this.text += text;
    return this.answers ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve));
  }

  answer(): void {
    this.answers = true;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  sync(): Promise<void> {
    this.synced++;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

function rig(more: Partial<CastOptions> = {}) {
  const clock = new ManualClock(1000);
  const ring = new ReplayRing(1024 * 1024, { cols: 80, rows: 24 });
  const file = new MemoryFile();
  const stops: string[] = [];
  const recorder = new CastRecorder({
    ring,
    file,
    clock,
    header: { cols: 80, rows: 24, timestamp: 1, title: 'shell', command: 'sh', tags: ['lab'] },
    redaction: { literals: [], patterns: [] },
    moved: () => undefined,
    stopped: (why) => void stops.push(why),
    closed: () => undefined,
    ...more,
  });
  const print = (bytes: Buffer | string): void => {
    ring.append(Buffer.from(bytes as string));
    recorder.pump();
  };
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  const lines = (): unknown[] =>
    file.text
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .map((line) => JSON.parse(line) as unknown);
  return { clock, ring, file, stops, recorder, print, settle, lines };
}

describe('a recording', () => {
  it('has a header without environment, then output, sizes, markers and the exit with their intervals', async () => {
    const r = rig();
    await r.settle();
    r.clock.advance(500);
    r.print('one');
    await r.settle();
    r.clock.advance(250);
    r.ring.mark(132, 43);
    r.print('two');
    await r.settle();
    r.recorder.marker('detached');
    await r.settle();
    r.clock.advance(1);
    r.recorder.end(EXIT);
    await r.settle();
    expect(r.lines()).toEqual([
      {
        version: 3,
        term: { cols: 80, rows: 24, type: 'xterm-256color' },
        timestamp: 1,
        title: 'shell',
        command: 'sh',
        tags: ['lab'],
      },
      [0.5, 'o', 'one'],
      [0.25, 'r', '132x43'],
      [0, 'o', 'two'],
      [0, 'm', 'detached'],
      [0.001, 'x', '3'],
    ]);
    expect(r.file.isClosed).toBe(true);
  });

  it('does not drift: intervals sum up to the time that passed', async () => {
    const r = rig();
    await r.settle();
    for (let i = 0; i < 1000; i++) {
      r.clock.advance(0.3337);
      r.print('x');
      await r.settle();
    }
    const sum = r
      .lines()
      .slice(1)
      .reduce((total: number, event) => total + (event as number[])[0]!, 0);
    expect(Math.abs(sum - (r.clock.monotonic() - 1000) / 1000)).toBeLessThan(2e-6);
  });

  it('keeps characters whole across pieces and counts what is none', async () => {
    const r = rig();
    await r.settle();
    for (const piece of [[0xc3], [0xa9, 0xff], [0xe2, 0x82]]) {
      r.print(Buffer.from(piece));
      await r.settle();
    }
    r.recorder.end(EXIT);
    await r.settle();
    const output = r
      .lines()
      .flatMap((event) => ((event as string[])[1] === 'o' ? [(event as string[])[2]] : []));
    expect(output.join('')).toBe('é\ufffd\ufffd');
    expect(r.file.text).toMatch(/# 2 invalid bytes became U\+FFFD\n$/);
  });

  it('shows its lag while a write is under way, and stops when that takes more than five seconds', async () => {
    const r = rig();
    await r.settle();
    r.file.answers = false;
    r.print('x'.repeat(1000));
    r.print('y'.repeat(3000));
    expect(r.recorder.lag).toBe(3000);
    r.clock.advance(4999);
    expect(r.recorder.recording).toBe(true);
    r.clock.advance(1);
    expect([r.recorder.recording, r.recorder.lag, r.stops]).toEqual([false, 0, ['disk']]);
    r.file.answer();
    await r.settle();
    expect([r.lines().at(-1), r.file.isClosed]).toEqual([[5, 'm', 'stopped'], true]);
  });

  it('stops when the disk refuses, and at its size limit with a mark', async () => {
    const broken = rig();
    await broken.settle();
    broken.file.fails = true;
    broken.print('x');
    await broken.settle();
    expect([broken.stops, broken.file.isClosed]).toEqual([['disk'], true]);
    const small = rig({ maxBytes: 500 });
    await small.settle();
    for (let i = 0; i < 30; i++) {
      small.print('x'.repeat(40));
      await small.settle();
    }
    expect(small.stops).toEqual(['truncated']);
    expect(small.lines().at(-1)).toEqual([0, 'm', 'truncated']);
    expect(small.recorder.lag).toBe(0);
  });

  it('writes a prompt that is held back for a pattern after 200 ms', async () => {
    const r = rig({ redaction: { literals: [], patterns: ['key=[a-z]+'] } });
    await r.settle();
    r.print('key=abc');
    await r.settle();
    expect(r.lines()).toHaveLength(1);
    r.clock.advance(200);
    await r.settle();
    expect(r.lines().at(-1)).toEqual([0.2, 'o', '[redacted]']);
  });

  it('says the number of a signal as a shell does, and syncs every five seconds', async () => {
    const r = rig();
    await r.settle();
    r.clock.advance(10_000);
    expect(r.file.synced).toBe(2);
    r.recorder.end({ ...EXIT, code: null, signal: 'TERM' });
    await r.settle();
    expect(r.lines().at(-1)).toEqual([10, 'x', '143']);
  });
});
