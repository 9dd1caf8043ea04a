import { TriggerSchedule } from './triggers.js';

/** Times of the looks within `ms`, if each is done when it is due. */
function looks(schedule: TriggerSchedule, from: number, ms: number): number[] {
  const times: number[] = [];
  for (let now = from; ;) {
    now = schedule.next(now, false);
    if (now > from + ms) return times;
    schedule.looked(now);
    times.push(now - from);
  }
}

describe('the schedule of looks', () => {
  it('looks at once, then every five seconds, and once a minute when nobody was there for five', () => {
    expect(looks(new TriggerSchedule(0), 0, 16_000)).toEqual([0, 5000, 10_000, 15_000]);
    const late = new TriggerSchedule(0);
    looks(late, 0, 300_000);
    expect(looks(late, 300_000, 180_000).length).toBeLessThanOrEqual(3);
  });

  it('looks 100, 400, 900 and 2000 ms after a newline, and often for half a minute', () => {
    const schedule = new TriggerSchedule(0);
    schedule.looked(0);
    schedule.enter(1000);
    const seen = looks(schedule, 1000, 3000);
    expect(seen).toEqual(expect.arrayContaining([100, 400, 900, 2000]));
    const gaps = seen.slice(1).map((time, i) => time - seen[i]!);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(750);
  });

  it('takes a flood of newlines for few looks', () => {
    const schedule = new TriggerSchedule(0);
    for (let now = 0; now < 1000; now++) schedule.enter(now);
    expect(looks(schedule, 1000, 5000).length).toBeLessThan(60);
  });

  it('looks often while something is held or about to regress', () => {
    const schedule = new TriggerSchedule(0);
    schedule.looked(0);
    expect(schedule.next(0, true)).toBe(750);
  });

  it('waits after an event of the cluster for a pause of 150 ms, but no longer than 400', () => {
    const one = new TriggerSchedule(0);
    one.looked(0);
    one.event(1000);
    expect(one.next(1000, false)).toBe(1150);
    one.event(1100);
    expect(one.next(1100, false)).toBe(1250);
    for (let now = 1200; now < 1400; now += 50) one.event(now);
    expect(one.next(1390, false)).toBe(1400);
    one.looked(1400);
    expect(one.next(1400, false)).toBe(6400);
  });
});
