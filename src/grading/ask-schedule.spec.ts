import { labSpecSchema } from '../labs/lab-spec.js';
import { prepareLab } from '../labs/prepared-lab.js';
import { AskSchedule } from './ask-schedule.js';
import type { ObjectiveStateName } from './objective.machine.js';
import { Run } from './run.js';

const text = { fr: 'x', en: 'x' };
const PING = { 'net.ping': { from: 'red', to: { ns: 'green', addr: '10.0.0.2' } } };
const MINUTE = 60_000;

/** One objective that rests on a ping, in that state from time 0 on. */
function scheduleOf(state: ObjectiveStateName): AskSchedule {
  const spec = labSpecSchema.parse({
    apiVersion: 'wheelhouse/v1',
    kind: 'Lab',
    id: 'lab',
    version: '1.0.0',
    title: text,
    locales: ['fr', 'en'],
    duration: '60m',
    sandbox: { requires: ['netns'] },
    observe: { ping: PING },
    objectives: [{ id: 'on', title: text, weight: 1, assert: { match: { ping: { received: 3 } } } }],
  });
  const run = new Run(prepareLab(spec), 0);
  const { memory } = run.of('on');
  run.of('on').memory = { ...memory, state, cameFrom: state === 'error' ? 'pending' : state };
  return new AskSchedule(run, 0, () => false);
}

/** How often it is asked in that time, looked at ten times a second. */
function askings(schedule: AskSchedule, from: number, until: number): number {
  let count = 0;
  for (let now = from; now < until; now += 100) {
    if (schedule.due(now).length === 0) continue;
    schedule.began('ping', now);
    count++;
  }
  return count;
}

describe('when to send packets', () => {
  it('is seldom while all stands and nothing stirs, and soon after something did', () => {
    const schedule = scheduleOf('passed');
    askings(schedule, 0, MINUTE);
    expect(askings(schedule, MINUTE, 11 * MINUTE)).toBe(5);
    schedule.stir(11 * MINUTE);
    expect(askings(schedule, 11 * MINUTE, 11 * MINUTE + 6000)).toBeGreaterThanOrEqual(1);
  });

  it('is often while somebody works on it, and less and less often while nobody does anything', () => {
    const schedule = scheduleOf('pending');
    expect(askings(schedule, 0, 10_000)).toBeGreaterThanOrEqual(3);
    expect(askings(schedule, 10_000, 5 * MINUTE)).toBeLessThanOrEqual(8);
    schedule.stir(5 * MINUTE);
    expect(askings(schedule, 5 * MINUTE, 5 * MINUTE + 1000)).toBeGreaterThanOrEqual(1);
  });

  it('leaves no gap in what has to hold', () => {
    expect(askings(scheduleOf('holding'), 0, MINUTE)).toBeGreaterThanOrEqual(29);
  });
});
