import { NO_CLUSTER_FACTS } from '../../grading/facts.js';
import type { Json } from '../../grading/json.js';
import { faulted, seen, type Observation, type Observations } from '../../grading/observation.js';
import { Rehearsal } from '../../grading/rehearsal.js';
import type { Fixture } from '../fixture.js';
import { prepareLab, type PreparedLab } from '../prepared-lab.js';
import { fixtureNamed, readTimelines, type TimelineLine } from '../timeline.js';
import type { Finding, LintInput } from './finding.js';

type Told = { line: number; message: string; objective?: string };

/** Timelines are folded as a run is, and must lead through the states that they state. */
export function timelineFindings({ spec, files }: LintInput): Finding[] {
  const lab = prepareLab(spec);
  const start = fixtureNamed(files, 'start');
  return readTimelines(files).flatMap((timeline) => {
    const told = 'problems' in timeline ? timeline.problems : fold(lab, { start, files }, timeline.lines);
    return told.map(({ line, ...rest }) => ({
      rule: 'timelines',
      level: 'error' as const,
      file: timeline.file,
      path: [],
      place: { line, column: 1 },
      ...rest,
    }));
  });
}

function fold(
  lab: PreparedLab,
  given: { start: Fixture | undefined; files: LintInput['files'] },
  lines: readonly (TimelineLine & { line: number })[],
): Told[] {
  const sandbox = { ...NO_CLUSTER_FACTS, ...given.start?.sandbox };
  const rehearsal = new Rehearsal(lab, sandbox);
  let shown = allOf(lab, given.start?.observations ?? {});
  const told: Told[] = [];
  rehearsal.observe(shown);
  for (const { t, line, observe, expectState, newline } of lines) {
    rehearsal.advanceTo(Math.round(t * 1000));
    if (observe !== undefined) {
      const next = shownNext(lab, { shown, files: given.files }, observe);
      // What follows would only be the consequence of this.
      if ('problem' in next) return [...told, { line, message: next.problem }];
      shown = next.shown;
      rehearsal.observe(shown);
    } else if (expectState) told.push(...unmet(rehearsal, expectState).map((found) => ({ ...found, line })));
    else rehearsal.look(newline === true);
  }
  return told;
}

function unmet(rehearsal: Rehearsal, due: NonNullable<TimelineLine['expectState']>): Omit<Told, 'line'>[] {
  return Object.entries(due).flatMap(([objective, state]) => {
    const found = rehearsal.run.objectives.get(objective);
    if (!found) return [{ message: `"${objective}" is no objective` }];
    const is = found.memory.state;
    return is === state ? [] : [{ objective, message: `"${objective}" should be ${state}, but is ${is}` }];
  });
}

function shownNext(
  lab: PreparedLab,
  now: { shown: Observations; files: LintInput['files'] },
  observe: NonNullable<TimelineLine['observe']>,
): { shown: Observations } | { problem: string } {
  if (typeof observe === 'string') {
    const fixture = fixtureNamed(now.files, observe);
    if (!fixture) return { problem: `there is no sound fixtures/${observe}.json` };
    return { shown: allOf(lab, fixture.observations) };
  }
  const unknown = Object.keys(observe).filter((name) => !Object.hasOwn(lab.calls, name));
  if (unknown.length > 0)
    return {
      problem: `not in observe: ${unknown.join(', ')}; there are: ${Object.keys(lab.calls).join(', ')}`,
    };
  const changed = Object.entries(observe).map(([name, value]) => [name, observationOf(value)]);
  return { shown: { ...now.shown, ...(Object.fromEntries(changed) as Observations) } };
}

/** What is not given is absent. */
function allOf(lab: PreparedLab, given: Record<string, Json>): Observations {
  return Object.fromEntries(Object.keys(lab.calls).map((name) => [name, seen(given[name] ?? null)]));
}

function observationOf(
  value: Json | { $fault: { cause: 'tenant' | 'platform'; code: string } },
): Observation {
  if (typeof value === 'object' && value !== null && '$fault' in value) {
    const { cause, code } = value.$fault as { cause: 'tenant' | 'platform'; code: string };
    return faulted(cause, code, 'in a timeline');
  }
  return seen(value);
}
