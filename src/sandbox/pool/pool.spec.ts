import { Breaker } from './breaker.js';
import { parsePool } from './pool-config.js';
import { targets } from './targets.js';

describe('the configuration of the pool', () => {
  it('reads rules for all times and for a class', () => {
    expect(parsePool('any=1, k8s-scale=30@mon 09:00')).toEqual([
      { key: null, count: 1 },
      { key: 'k8s-scale', count: 30, at: { weekday: 1, minute: 540 } },
    ]);
    expect(parsePool('auto')).toBe('auto');
    expect(parsePool('off')).toEqual([]);
  });

  it.each(['k8s', 'any=x', 'any=1@monday 09:00', 'any=1@mon 25:00', ''])(
    'says what is wrong with "%s"',
    (text) => {
      expect(() => parsePool(text)).toThrow(text);
    },
  );
});

describe('the targets of the pool', () => {
  const MONDAY_9 = new Date(2026, 10, 23, 9, 0);
  const at = (minutes: number) => new Date(MONDAY_9.getTime() + minutes * 60_000);
  const wanted = (now: Date, rules = 'k8s-scale=30@mon 09:00') =>
    targets({ rules: parsePool(rules) as never, now, buildMs: 20_000, builders: 1 }).get('k8s-scale') ?? 0;

  it('begins early enough for all of a class, and keeps them for those who are late', () => {
    expect([-21, -19, 0, 29, 31].map((m) => wanted(at(m)))).toEqual([0, 30, 30, 30, 0]);
  });

  it('knows the other days, and the turn of the week', () => {
    expect(wanted(at(24 * 60))).toBe(0);
    expect(wanted(at(24 * 60), 'k8s-scale=3@daily 09:00')).toBe(3);
    const sunday = new Date(2026, 10, 22, 0, 5);
    expect(wanted(new Date(sunday.getTime() - 10 * 60_000), 'k8s-scale=30@sun 00:05')).toBe(30);
  });

  it('is ready for a class that is held once, and does not come back', () => {
    const rules = [{ key: 'k8s-scale', count: 30, once: MONDAY_9 }];
    const once = (now: Date) => targets({ rules, now, buildMs: 20_000, builders: 1 }).get('k8s-scale') ?? 0;
    expect([-21, -19, 0, 29, 31].map((m) => once(at(m)))).toEqual([0, 30, 30, 30, 0]);
    expect(once(at(7 * 24 * 60))).toBe(0);
  });

  it('takes the largest of several rules', () => {
    expect(wanted(at(0), 'k8s-scale=2, k8s-scale=30@mon 09:00')).toBe(30);
    expect(wanted(at(-300), 'k8s-scale=2, k8s-scale=30@mon 09:00')).toBe(2);
  });
});

describe('the breaker of the pool', () => {
  it('opens after three failures in a row, for longer each time', () => {
    const breaker = new Breaker();
    expect([breaker.failed(0), breaker.failed(0)]).toEqual([false, false]);
    expect(breaker.until(0)).toBeUndefined();
    expect(breaker.failed(0)).toBe(true);
    expect([breaker.until(59_999), breaker.until(60_000)]).toEqual([60_000, undefined]);
    expect(breaker.failed(60_000)).toBe(true);
    expect(breaker.until(60_000)).toBe(180_000);
    for (let i = 0; i < 9; i++) breaker.failed(200_000);
    expect(breaker.until(200_000)).toBe(200_000 + 30 * 60_000);
  });

  it('forgets failures once something was made', () => {
    const breaker = new Breaker();
    for (let i = 0; i < 2; i++) breaker.failed(0);
    breaker.succeeded();
    expect([breaker.failed(0), breaker.failed(0)]).toEqual([false, false]);
  });
});
