import type { Cost } from '../drivers/step.js';
import type { Budget } from './budget.js';

export interface LivingForecast {
  cost: Cost;
  /** When it is expected to have ended, ms since the epoch; undefined = not known. */
  endsAt: number | undefined;
  /** When it will have been made; undefined = it is. Takes a place among those that can be made at once. */
  readyAt?: number | undefined;
}

export interface WaitingForecast {
  cost: Cost;
  /** From ready to the end, ms. */
  lifetimeMs: number;
  /** To make it, ms. */
  buildMs: number;
}

/**
 * When each of those who wait, in their order, will have a ready sandbox: a run through known ends, with as many made at
 * once as the machine can. ms since the epoch, undefined where no known end makes room. Pure; `budget` is a copy.
 */
export function forecast(o: {
  now: number;
  budget: Budget;
  living: LivingForecast[];
  waiting: WaitingForecast[];
  /** How many can be made at once. */
  builders: number;
  /** From an end to its room being free again, ms. */
  releaseMs: number;
}): (number | undefined)[] {
  const ends = o.living
    .filter((l) => l.endsAt !== undefined)
    .map((l) => ({ at: Math.max(o.now, l.endsAt!) + o.releaseMs, cost: l.cost }));
  const busy = o.living.flatMap((l) => (l.readyAt === undefined ? [] : [Math.max(o.now, l.readyAt)]));
  const builders = Array.from({ length: o.builders }, () => o.now);
  for (const until of busy.sort((a, b) => a - b)) occupy(builders, () => until);
  let time = o.now;
  const etas: (number | undefined)[] = [];
  for (const w of o.waiting) {
    while (!o.budget.check(w.cost).fits && ends.length > 0) {
      ends.sort((a, b) => a.at - b.at);
      const next = ends.shift()!;
      time = Math.max(time, next.at);
      o.budget.remove(next.cost);
    }
    if (!o.budget.check(w.cost).fits) {
      // Those behind have to wait for this one.
      while (etas.length < o.waiting.length) etas.push(undefined);
      break;
    }
    o.budget.add(w.cost);
    const ready = occupy(builders, (free) => Math.max(time, free) + w.buildMs);
    ends.push({ at: ready + w.lifetimeMs + o.releaseMs, cost: w.cost });
    etas.push(ready);
  }
  return etas;
}

/** Gives the builder that is free first something to do, until the moment that `until` says. */
function occupy(builders: number[], until: (free: number) => number): number {
  const first = builders.indexOf(Math.min(...builders));
  const end = until(builders[first]!);
  builders[first] = Math.max(end, builders[first]!);
  return end;
}
