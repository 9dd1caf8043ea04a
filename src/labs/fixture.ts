import { z } from 'zod';

/** Recorded observations and the verdict due on each objective: a lab's own test. */
export const fixtureSchema = z.strictObject({
  observations: z.record(z.string(), z.json()),
  past: z.record(z.string(), z.record(z.string(), z.json())).default({}),
  /** Facts of the platform, as expressions read them under the name `sandbox`. */
  sandbox: z.record(z.string(), z.json()).default({}),
  expect: z.record(z.string(), z.boolean()).default({}),
});

export type Fixture = z.infer<typeof fixtureSchema>;

export interface NamedFixture {
  file: string;
  fixture: Fixture;
}

export type ReadFixture = NamedFixture | { file: string; problem: string };

/** What an untouched sandbox shows after its set-up; without it, nothing at all. */
export const START_FIXTURE = 'fixtures/start.json';

/** `fixtures/start.json`, `fixtures/pass-*.json` and `fixtures/fail-*.json` of the folder. */
export function readFixtures(files: Record<string, string>): ReadFixture[] {
  return Object.keys(files)
    .filter((file) => /^fixtures\/[^/]+\.json$/.test(file))
    .sort()
    .map((file) => {
      try {
        const parsed = fixtureSchema.safeParse(JSON.parse(files[file]!));
        if (parsed.success) return { file, fixture: parsed.data };
        const issue = parsed.error.issues[0]!;
        return { file, problem: `${issue.path.join('.')}: ${issue.message}` };
      } catch (error) {
        return { file, problem: (error as Error).message };
      }
    });
}
