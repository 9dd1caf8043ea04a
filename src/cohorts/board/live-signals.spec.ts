import { Bus } from '../../events/bus.js';
import type { BoardLab } from './board-labs.js';
import { SignalBook } from './live-signals.js';
import { pulseOf, type PulseInput } from './pulse.js';
import type { RunView } from './run-view.js';

const MINUTE = 60_000;
const wrong = (kind: string) => [{ objective: 'one', path: 'a.b', kind }];

function rig() {
  const bus = new Bus();
  const time = { now: 1000 };
  return { bus, time, book: new SignalBook(bus, () => time.now) };
}

describe('signals of a sandbox', () => {
  it('count the lines since what is wrong has changed', () => {
    const { bus, book } = rig();
    const enter = () => bus.emit('terminal.enter', { sandboxId: 'sb_a' });
    const stored = (kind: string) =>
      bus.emit('progress.stored', { sandboxId: 'sb_a', failures: wrong(kind) });
    stored('missing');
    for (let i = 0; i < 3; i++) enter();
    stored('missing');
    expect(book.of('sb_a').repeats).toBe(3);
    stored('wrong');
    expect(book.of('sb_a')).toMatchObject({ repeats: 0, failing: wrong('wrong'), enteredAt: 1000 });
    expect(book.of('sb_b').repeats).toBe(0);
  });

  it('know since when somebody is there, and forget a sandbox that ends', () => {
    const { bus, book, time } = rig();
    const attached = (count: number) => bus.emit('terminal.attachments', { sandboxId: 'sb_a', count });
    attached(1);
    time.now = 2000;
    attached(2);
    expect(book.of('sb_a')).toMatchObject({ attachments: 2, attachedAt: 1000 });
    attached(0);
    expect(book.of('sb_a').attachedAt).toBeUndefined();
    bus.emit('sandbox.ending', { sandboxId: 'sb_a', reason: 'released' });
    attached(0);
    expect(book.of('sb_a')).toMatchObject({ attachments: 0, failing: [] });
  });
});

describe('what moves with the clock', () => {
  const objectives = [{ id: 'one', weight: 1, bonus: false, needs: [], estimateMs: 4 * MINUTE }];
  const view = {
    current: { objective: 'one', state: 'pending', since: '' },
    openSince: 0,
    attended: [{ at: 0, on: true }],
    errors: {},
  } as unknown as RunView;
  const input: PulseInput = {
    view,
    lab: { slug: 'a-lab', objectives } as unknown as BoardLab,
    signals: { attachments: 1, enteredAt: 0, attachedAt: 0, failing: wrong('missing'), repeats: 8 },
    running: true,
    lastActivityAt: new Date(MINUTE + 14_999),
    passes: new Map(),
    now: 3 * MINUTE,
  };

  it('adds up the time, the mistake that stays and the silence', () => {
    expect(pulseOf(input)).toEqual({
      connected: true,
      lastActivityAt: new Date(MINUTE).toISOString(),
      stuck: { score: 0.5, reasons: ['repeating'], activeSeconds: 180, limitSeconds: 360 },
    });
    expect(pulseOf({ ...input, now: 6 * MINUTE }).stuck).toMatchObject({
      score: 1,
      reasons: ['time', 'repeating', 'silent'],
    });
  });

  it('blames nobody for what is our fault, is elsewhere wrong, or is over', () => {
    const error = { ...view, current: { ...view.current!, state: 'error' as const } };
    expect(pulseOf({ ...input, view: error }).stuck).toBeNull();
    expect(pulseOf({ ...input, running: false })).toMatchObject({ connected: false, stuck: null });
    const elsewhere = { ...input.signals, failing: [], attachments: 0 };
    expect(pulseOf({ ...input, signals: elsewhere, now: 9 * MINUTE }).stuck?.reasons).toEqual(['time']);
    const faults = { one: [{ at: MINUTE, on: true }] };
    expect(pulseOf({ ...input, view: { ...view, errors: faults } }).stuck?.activeSeconds).toBe(60);
  });
});
