import { z } from 'zod';
import { readFixtures, type Fixture } from './fixture.js';
import type { LabFiles } from './lab-folder.js';

const STATES = ['blocked', 'pending', 'holding', 'passed', 'regressed', 'failed', 'error'] as const;

const fault = z.strictObject({
  $fault: z.strictObject({ cause: z.enum(['tenant', 'platform']), code: z.string().min(1).max(40) }),
});

/** One line. `t` is in seconds from the start of the run and never falls; each line says exactly one other thing. */
const lineSchema = z
  .strictObject({
    t: z.number().min(0).max(7200),
    /** What is seen from now on: observations by name, which stand until they are seen otherwise, or a fixture's. */
    observe: z.union([z.string(), z.record(z.string(), z.union([fault, z.json()]))]).optional(),
    /** One more look. */
    tick: z.literal(true).optional(),
    /** The learner did something; a look that fails otherwise than before counts as an attempt. */
    newline: z.literal(true).optional(),
    expectState: z.record(z.string(), z.enum(STATES)).optional(),
  })
  .refine((line) => Object.values(line).filter((v) => v !== undefined).length === 2, {
    message: 'says exactly one of observe, tick, newline, expectState beside t',
  });

export type TimelineLine = z.infer<typeof lineSchema>;

export interface TimelineProblem {
  /** Of the file, from 1. */
  line: number;
  message: string;
}

export type ReadTimeline = { file: string; lines: (TimelineLine & { line: number })[] } | TimelineProblems;
export type TimelineProblems = { file: string; problems: TimelineProblem[] };

const MAX_LINES = 500;

/** `fixtures/timeline-*.jsonl` of the folder, each one line of JSON after the other; empty lines are skipped. */
export function readTimelines(files: LabFiles): ReadTimeline[] {
  return Object.keys(files)
    .filter((file) => /^fixtures\/timeline-[^/]+\.jsonl$/.test(file))
    .sort()
    .map((file) => readTimeline(file, files[file]!));
}

function readTimeline(file: string, text: string): ReadTimeline {
  const lines: (TimelineLine & { line: number })[] = [];
  const problems: TimelineProblem[] = [];
  let last = 0;
  text.split('\n').forEach((source, i) => {
    const line = i + 1;
    if (source.trim() === '') return;
    const parsed = parseLine(source);
    if ('problem' in parsed) problems.push({ line, message: parsed.problem });
    else if (parsed.t < last)
      problems.push({ line, message: `t is ${parsed.t}, but the line before has ${last}` });
    else lines.push({ ...parsed, line });
    if ('t' in parsed) last = parsed.t;
  });
  if (lines.length > MAX_LINES) problems.push({ line: 1, message: `has more than ${MAX_LINES} lines` });
  if (problems.length === 0 && !lines.some((l) => l.expectState))
    problems.push({ line: 1, message: 'expects nothing; say what is due with expectState' });
  return problems.length > 0 ? { file, problems } : { file, lines };
}

function parseLine(source: string): TimelineLine | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    return { problem: (error as Error).message };
  }
  const parsed = lineSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  return { problem: issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}` };
}

/** The fixture of that name in the folder: `pass-all` is `fixtures/pass-all.json`. */
export function fixtureNamed(files: LabFiles, name: string): Fixture | undefined {
  const found = readFixtures(files).find(({ file }) => file === `fixtures/${name}.json`);
  return found && 'fixture' in found ? found.fixture : undefined;
}
