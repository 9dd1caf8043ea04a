import { LaneSchedule } from './lane-schedule.js';
import { nextTry, TRY_FOR_MS } from './retry-schedule.js';

/** Times of all tries of one delivery, ms after its first. */
function tries(random: () => number): number[] {
  const times = [0];
  for (;;) {
    const now = times.at(-1)!;
    const next = nextTry({ attempts: times.length, since: 0, now, retryAfterMs: 0, random });
    if (next === undefined) return times;
    times.push(next);
  }
}

describe('the schedule of tries', () => {
  it('doubles from a second to an hour, and ends with a try at 24 hours', () => {
    const times = tries(() => 0.5);
    expect(times.slice(0, 6)).toEqual([0, 1000, 3000, 7000, 15_000, 31_000]);
    expect(times.at(-1)).toBe(TRY_FOR_MS);
    const waits = times.slice(1).map((time, i) => time - times[i]!);
    expect(Math.max(...waits)).toBe(3_600_000);
    expect(times.length).toBeGreaterThan(30);
    expect(times.length).toBeLessThan(45);
  });

  it('moves each wait by a quarter at most', () => {
    expect(tries(() => 0)[1]).toBe(750);
    expect(tries(() => 1)[1]).toBe(1250);
  });

  it('waits as long as the endpoint asks, but not beyond the 24 hours', () => {
    const ask = (retryAfterMs: number, now = 0) =>
      nextTry({ attempts: 1, since: 0, now, retryAfterMs, random: () => 0.5 });
    expect(ask(60_000)).toBe(60_000);
    expect(ask(3_600_000, TRY_FOR_MS - 1000)).toBe(TRY_FOR_MS);
    expect(ask(0, TRY_FOR_MS)).toBeUndefined();
  });
});

describe('the lanes of an endpoint', () => {
  it('have one in flight each, however often there is news', () => {
    const lanes = new LaneSchedule(8);
    lanes.add('a', 0);
    expect(lanes.take(0)).toEqual(['a']);
    lanes.add('a', 0);
    lanes.add('a', 0);
    expect(lanes.take(0)).toEqual([]);
    lanes.done('a', undefined);
    expect(lanes.take(0)).toEqual(['a']);
    lanes.done('a', undefined);
    expect(lanes.take(0)).toEqual([]);
    expect(lanes.nextAt()).toBeUndefined();
  });

  it('do not wait for one that failed', () => {
    const lanes = new LaneSchedule(1);
    lanes.add('failing', 0);
    lanes.add('b', 1);
    lanes.add('c', 2);
    expect(lanes.take(5)).toEqual(['failing']);
    expect(lanes.nextAt()).toBeUndefined();
    lanes.done('failing', 1000);
    expect(lanes.take(5)).toEqual(['b']);
    lanes.done('b', 6);
    expect(lanes.take(6)).toEqual(['c']);
    lanes.done('c', undefined);
    expect(lanes.nextAt()).toBe(6);
    expect(lanes.take(6)).toEqual(['b']);
    lanes.done('b', undefined);
    expect(lanes.nextAt()).toBe(1000);
    expect(lanes.take(999)).toEqual([]);
    expect(lanes.take(1000)).toEqual(['failing']);
  });

  it('are in flight up to the bound, those first that waited longest', () => {
    const lanes = new LaneSchedule(2);
    for (const [i, lane] of ['d', 'a', 'c', 'b'].entries()) lanes.add(lane, 10 - i);
    expect(lanes.take(10)).toEqual(['b', 'c']);
    lanes.done('c', undefined);
    expect(lanes.take(10)).toEqual(['a']);
  });
});
