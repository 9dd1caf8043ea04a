import type { SseStream } from '../http/sse.js';
import type { ObjectiveProgress, Progress } from './progress.js';
import { streamProgress } from './progress-stream.js';

const progress = (state: string, more: Partial<ObjectiveProgress> = {}): Progress =>
  ({ objectives: [{ id: 'one', state, since: 'then', attempts: 0, ...more }] }) as unknown as Progress;

function open() {
  const sent: [string, unknown][] = [];
  let changed: () => void = () => undefined;
  let close: () => void = () => undefined;
  let watching = true;
  const shown = { now: progress('pending') };
  const stream = {
    send: (event: string, data: unknown) => void sent.push([event, data]),
    onClose: (listener: () => void) => void (close = listener),
    close: () => undefined,
  } satisfies SseStream;
  streamProgress({
    stream,
    view: () => shown.now,
    watch: (listener) => {
      changed = listener;
      return Promise.resolve(() => (watching = false));
    },
  });
  return { sent, shown, change: () => changed(), close: () => close(), isWatching: () => watching };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a stream of the progress', () => {
  it('begins with the whole, then tells of each change of state and of nothing else', async () => {
    const { sent, shown, change } = open();
    await settled();
    expect(sent).toEqual([['progress', progress('pending')]]);
    shown.now = progress('passed');
    change();
    expect(sent.slice(1)).toEqual([
      [
        'objective',
        { id: 'one', from: 'pending', to: 'passed', objective: progress('passed').objectives[0] },
      ],
      ['progress', progress('passed')],
    ]);
    shown.now = progress('passed', { attempts: 1 });
    change();
    expect(sent.slice(3).map(([event]) => event)).toEqual(['progress']);
  });

  it('does not even tell that something changed where its reader must not see what', async () => {
    const { sent, shown, change } = open();
    await settled();
    change();
    // Times wander by a millisecond from one view to the next.
    shown.now = progress('pending', { since: 'a millisecond later' });
    change();
    expect(sent).toHaveLength(1);
  });

  it('ends with its reader', async () => {
    const { sent, shown, change, close, isWatching } = open();
    await settled();
    close();
    shown.now = progress('passed');
    change();
    await settled();
    expect([sent.length, isWatching()]).toEqual([1, false]);
  });
});
