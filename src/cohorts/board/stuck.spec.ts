import { ENOUGH_PASSES, quantileOf, SHOWN_FROM, stuckOf, type StuckInput } from './stuck.js';

const MINUTE = 60_000;
const calm: StuckInput = {
  activeMs: MINUTE,
  passes: [],
  estimateMs: 4 * MINUTE,
  repeats: 0,
  silentMs: undefined,
};

describe('the stuck score', () => {
  it('is not shown for somebody who has just begun', () => {
    expect(stuckOf(calm)).toMatchObject({ reasons: [], limitSeconds: 360 });
    expect(stuckOf(calm).score).toBeLessThan(SHOWN_FROM);
  });

  it('reaches what is shown with 1.5 times the estimate, and 1 with twice that', () => {
    expect(stuckOf({ ...calm, activeMs: 6 * MINUTE })).toMatchObject({ score: 0.5, reasons: ['time'] });
    expect(stuckOf({ ...calm, activeMs: 12 * MINUTE })).toMatchObject({ score: 1, reasons: ['time'] });
    expect(stuckOf({ ...calm, activeMs: 99 * MINUTE }).score).toBe(1);
  });

  it('measures by the cohort once enough have passed, never by less than three minutes', () => {
    const passes = [...Array<number>(ENOUGH_PASSES - 2).fill(8 * MINUTE), 20 * MINUTE, 30 * MINUTE];
    expect(stuckOf({ ...calm, passes }).limitSeconds).toBe(720);
    expect(stuckOf({ ...calm, passes: passes.slice(1) }).limitSeconds).toBe(360);
    expect(stuckOf({ ...calm, passes: passes.map(() => 1000) }).limitSeconds).toBe(180);
  });

  it('adds a quarter for the same mistake again and again, and one for silence at the keyboard', () => {
    const half = { ...calm, activeMs: 3 * MINUTE };
    expect(stuckOf(half).score).toBe(0.25);
    expect(stuckOf({ ...half, repeats: 8 })).toMatchObject({ score: 0.5, reasons: ['repeating'] });
    expect(stuckOf({ ...half, silentMs: 5 * MINUTE })).toMatchObject({ score: 0.5, reasons: ['silent'] });
    expect(stuckOf({ ...half, silentMs: 4 * MINUTE }).score).toBe(0.25);
  });

  it('takes quantiles by the nearest rank', () => {
    expect(quantileOf([4, 1, 3, 2], 0.75)).toBe(3);
    expect(quantileOf([7], 0.9)).toBe(7);
    expect(quantileOf([], 0.5)).toBeNaN();
  });
});
