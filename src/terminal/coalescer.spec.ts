import { ManualClock } from '../common/manual-clock.js';
import { Coalescer } from './coalescer.js';

function rig() {
  const clock = new ManualClock();
  const turns: (() => void)[] = [];
  const sent: number[] = [];
  const coalescer = new Coalescer(
    clock,
    () => sent.push(clock.now()),
    (run) => turns.push(run),
  );
  return { clock, sent, coalescer, endTurn: () => turns.splice(0).forEach((run) => run()) };
}

describe('output leaves', () => {
  it('in the same turn when input came before it', () => {
    const { coalescer, sent } = rig();
    coalescer.input();
    coalescer.output(1);
    expect(sent).toHaveLength(1);
  });

  it('at the end of the turn on an idle terminal', () => {
    const { coalescer, sent, endTurn } = rig();
    coalescer.output(10);
    coalescer.output(10);
    expect(sent).toHaveLength(0);
    endTurn();
    expect(sent).toHaveLength(1);
  });

  it('4 ms after the last piece on a busy one, all in one', () => {
    const { coalescer, sent, endTurn, clock } = rig();
    coalescer.output(10);
    endTurn();
    for (let i = 0; i < 3; i++) {
      clock.advance(1);
      coalescer.output(10);
    }
    expect(sent).toEqual([0]);
    clock.advance(1);
    expect(sent).toEqual([0, 4]);
    clock.advance(100);
    expect(sent).toEqual([0, 4]);
  });

  it('at once when 64 KiB are together', () => {
    const { coalescer, sent, endTurn } = rig();
    coalescer.output(10);
    endTurn();
    coalescer.output(60_000);
    coalescer.output(6000);
    expect(sent).toHaveLength(2);
  });
});
