import type { Cost } from '../drivers/step.js';
import { Budget } from './budget.js';
import { forecast } from './eta.js';

const amounts = (memMiB: number) => ({ cpuMilli: 0, memMiB, pids: 0, inotifyInstances: 0, ptys: 0 });
const ONE: Cost = { reserve: amounts(1), limit: amounts(1) };
const TWO: Cost = { reserve: amounts(2), limit: amounts(2) };

function room(capacity: number, used: Cost[]): Budget {
  const budget = new Budget(amounts(capacity));
  used.forEach((cost) => budget.add(cost));
  return budget;
}

const waiting = (n: number, more: object = {}) =>
  Array.from({ length: n }, () => ({ cost: ONE, lifetimeMs: 1000, buildMs: 10, ...more }));

describe('the forecast of the queue', () => {
  it('takes the known ends in their order, and then the ends of those who came before', () => {
    const living = [300, 100, 200].map((endsAt) => ({ cost: ONE, endsAt }));
    const etas = forecast({
      now: 0,
      budget: room(3, [ONE, ONE, ONE]),
      living,
      waiting: waiting(5),
      builders: 3,
      releaseMs: 0,
    });
    expect(etas).toEqual([110, 210, 310, 1120, 1220]);
  });

  it('counts what can be made at once', () => {
    const etas = forecast({
      now: 0,
      budget: room(9, []),
      living: [{ cost: ONE, endsAt: undefined, readyAt: 5 }],
      waiting: waiting(3),
      builders: 1,
      releaseMs: 0,
    });
    expect(etas).toEqual([15, 25, 35]);
  });

  it('adds the time to take the old one away', () => {
    const living = [{ cost: ONE, endsAt: 100 }];
    const o = { now: 0, budget: room(1, [ONE]), living, waiting: waiting(1), builders: 1 };
    expect(forecast({ ...o, releaseMs: 7 })).toEqual([117]);
  });

  it('knows nothing where no known end makes room, also for those behind', () => {
    const o = {
      now: 0,
      budget: room(2, [ONE, ONE]),
      living: [{ cost: ONE, endsAt: 50 }],
      builders: 1,
      releaseMs: 0,
    };
    expect(forecast({ ...o, waiting: [...waiting(1, { cost: TWO }), ...waiting(1)] })).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('takes an end that is overdue as one that comes now', () => {
    const living = [{ cost: ONE, endsAt: 10 }];
    const o = { now: 500, budget: room(1, [ONE]), living, waiting: waiting(1), builders: 1, releaseMs: 0 };
    expect(forecast(o)).toEqual([510]);
  });
});
