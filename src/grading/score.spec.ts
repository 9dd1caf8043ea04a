import { scoreOf, type ScoredObjective } from './score.js';

const objective = (more: Partial<ScoredObjective>): ScoredObjective => ({
  weight: 2,
  bonus: false,
  credited: false,
  hintCost: 0,
  omitted: false,
  ...more,
});

describe('the score', () => {
  it('sums credited weights less what hints cost', () => {
    const score = scoreOf([objective({ credited: true, hintCost: 0.25 }), objective({})]);
    expect(score).toEqual({ points: 1.5, max: 4, fraction: 0.375 });
  });

  it('lets a bonus fill up what is missing, but not lift it above one', () => {
    const bonus = objective({ bonus: true, credited: true });
    expect(scoreOf([objective({ credited: true }), bonus])).toEqual({ points: 4, max: 2, fraction: 1 });
    expect(scoreOf([objective({}), bonus]).fraction).toBe(1);
  });

  it('leaves out of the maximum what could not be judged at the end', () => {
    expect(scoreOf([objective({ credited: true }), objective({ omitted: true })]).fraction).toBe(1);
    expect(scoreOf([objective({ omitted: true })]).fraction).toBe(0);
  });
});
