import { ManualClock } from '../common/manual-clock.js';
import { InputQueue } from './input-queue.js';

function rig(capacity?: number) {
  const clock = new ManualClock();
  const state = { room: Infinity, written: '', accepted: 0, lost: [] as number[], tries: 0 };
  const queue = new InputQueue(
    {
      writeSome: (bytes) => {
        state.tries++;
        const count = Math.min(bytes.length, state.room);
        state.written += bytes.subarray(0, count).toString();
        state.room -= count;
        return count;
      },
      accepted: (bytes) => (state.accepted += bytes),
      stalled: (lost) => state.lost.push(lost),
    },
    clock,
    capacity,
  );
  return { clock, state, queue };
}

describe('the input queue', () => {
  it('writes at once what the kernel takes', () => {
    const { queue, state } = rig();
    expect(queue.push(Buffer.from('ls\r'))).toBe(true);
    expect(state).toMatchObject({ written: 'ls\r', accepted: 3 });
  });

  it('goes on where a partial write stopped, in order', () => {
    const { queue, state, clock } = rig();
    state.room = 4;
    queue.push(Buffer.from('abcdef'));
    queue.push(Buffer.from('ghi'));
    expect(state.written).toBe('abcd');
    state.room = Infinity;
    clock.advance(50);
    expect(state).toMatchObject({ written: 'abcdefghi', accepted: 9 });
    expect(queue.queued).toBe(0);
  });

  it('looks less and less often at a terminal that is full', () => {
    const { queue, state, clock } = rig();
    state.room = 0;
    queue.push(Buffer.from('x'));
    clock.advance(1000);
    expect(state.tries).toBeLessThan(60);
  });

  it('refuses whole what does not fit', () => {
    const { queue, state } = rig(10);
    state.room = 0;
    expect(queue.push(Buffer.alloc(8))).toBe(true);
    expect(queue.push(Buffer.alloc(3))).toBe(false);
    expect(queue.push(Buffer.alloc(2))).toBe(true);
    expect(queue.queued).toBe(10);
  });

  it('gives up after 30 s without progress, says what was lost, and works again', () => {
    const { queue, state, clock } = rig();
    state.room = 0;
    queue.push(Buffer.from('lost'));
    clock.advance(31_000);
    expect(state.lost).toEqual([4]);
    state.room = Infinity;
    queue.push(Buffer.from('new'));
    expect(state.written).toBe('new');
  });
});
