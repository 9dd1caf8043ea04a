import type { Cost } from '../drivers/step.js';
import { Budget, capacityOf } from './budget.js';

const machine = { cores: 2, memMiB: 24105, pidMax: 32768, inotifyMax: 8192, ptyMax: 4096 };
const labHost: Cost = {
  reserve: { cpuMilli: 5, memMiB: 16, pids: 24, inotifyInstances: 2, ptys: 8 },
  limit: { cpuMilli: 1000, memMiB: 256, pids: 256, inotifyInstances: 16, ptys: 8 },
};

function fill(budget: Budget): number {
  let n = 0;
  for (; budget.check(labHost).fits; n++) budget.add(labHost);
  return n;
}

describe('the budget', () => {
  it('holds 200 lab hosts on two cores and 24 GiB once inotify is raised', () => {
    expect(fill(new Budget(capacityOf(machine)))).toBeGreaterThanOrEqual(200);
  });

  it('names the dimension that is full', () => {
    const budget = new Budget(capacityOf({ ...machine, inotifyMax: 128 }));
    expect(fill(budget)).toBe(48);
    expect(budget.check(labHost)).toEqual({ fits: false, reason: 'inotifyInstances', impossible: false });
  });

  it('tells what can never fit from what does not fit now', () => {
    const budget = new Budget({ ...capacityOf(machine), memMiB: 8 });
    expect(budget.check(labHost)).toEqual({ fits: false, reason: 'memMiB', impossible: true });
  });

  it('is empty again when everything was given back', () => {
    const budget = new Budget(capacityOf(machine));
    const n = fill(budget);
    for (let i = 0; i < n; i++) budget.remove(labHost);
    expect(budget.used()).toEqual({ cpuMilli: 0, memMiB: 0, pids: 0, inotifyInstances: 0, ptys: 0 });
  });

  it('leaves room on a small machine', () => {
    expect(capacityOf({ ...machine, memMiB: 2048 }).memMiB).toBe(819);
  });
});
