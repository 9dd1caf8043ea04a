import { etaSeconds } from './eta.js';

describe('the ETA of a queue', () => {
  it('is the end that makes room for this position, plus the time to provision', () => {
    expect(etaSeconds({ position: 2, ends: [30_000, 10_000, 20_000], now: 0, provisionMs: 500 })).toBe(21);
  });

  it('is unknown when not enough ends are known', () => {
    expect(etaSeconds({ position: 2, ends: [10_000], now: 0, provisionMs: 500 })).toBeUndefined();
  });

  it('is never in the past', () => {
    expect(etaSeconds({ position: 1, ends: [10], now: 50_000, provisionMs: 500 })).toBe(0);
  });
});
