import { covered, spansOf } from './active-time.js';

describe('active time', () => {
  it('runs from the first attachment to the last detachment, and until now while someone is there', () => {
    const changes = [
      { at: 10, on: true },
      { at: 20, on: true },
      { at: 30, on: false },
      { at: 40, on: false },
      { at: 50, on: true },
    ];
    expect(spansOf(changes, 60)).toEqual([
      { from: 10, to: 30 },
      { from: 50, to: 60 },
    ]);
  });

  it('counts what lies within, less the time in which nothing could be judged', () => {
    const spans = [
      { from: 0, to: 100 },
      { from: 200, to: 300 },
    ];
    expect(covered(spans, { from: 50, to: 250 })).toBe(100);
    expect(covered(spans, { from: 50, to: 250 }, [{ from: 90, to: 210 }])).toBe(80);
    expect(covered(spans, { from: 100, to: 200 })).toBe(0);
    expect(covered([], { from: 0, to: 100 })).toBe(0);
  });
});
