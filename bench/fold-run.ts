import { readdirSync } from 'node:fs';
import { ManualClock } from '../src/common/manual-clock.js';
import { silentLogger } from '../src/common/logger.js';
import { NO_CLUSTER_FACTS, type SandboxFacts } from '../src/grading/facts.js';
import { RunLog, type LogChunk } from '../src/grading/log/run-log.js';
import { Veil } from '../src/grading/log/veil.js';
import { seen, type Observations } from '../src/grading/observation.js';
import { rememberPassed, rememberStart, seenBy, type Past } from '../src/grading/past.js';
import { Run, type Look, type TimedObservation } from '../src/grading/run.js';
import { readFixtures } from '../src/labs/fixture.js';
import { readLabFolder } from '../src/labs/lab-folder.js';
import { loadLab } from '../src/labs/lab-loader.js';
import type { LabSpec } from '../src/labs/lab-spec.js';
import { prepareLab, type PreparedLab } from '../src/labs/prepared-lab.js';

const LOOK_MS = 750;

/** A lab, and what its sandbox shows one after the other: its own fixtures, from nothing to all. */
export interface Course {
  slug: string;
  spec: LabSpec;
  lab: PreparedLab;
  shown: Observations[];
  sandbox: SandboxFacts;
}

export async function courses(): Promise<Course[]> {
  return Promise.all(
    readdirSync('labs').map(async (slug) => {
      const files = await readLabFolder(`labs/${slug}`);
      const loaded = loadLab(slug, files);
      if (!loaded.ok) throw new Error(`labs/${slug} is not sound`);
      const lab = prepareLab(loaded.spec);
      const fixtures = readFixtures(files).flatMap((read) => ('fixture' in read ? [read.fixture] : []));
      const shown = fixtures.map(({ observations }) =>
        Object.fromEntries(Object.keys(lab.calls).map((name) => [name, seen(observations[name] ?? null)])),
      );
      const sandbox = { ...NO_CLUSTER_FACTS, ...fixtures.at(-1)!.sandbox };
      return { slug, spec: loaded.spec, lab, shown, sandbox };
    }),
  );
}

export function nothingTold({ shown }: Course): Told {
  return { fold: shown.map(() => []), note: [], chunks: [] };
}

export interface Told {
  /** Ms of each fold, by what was shown. */
  fold: number[][];
  /** Ms of each note of one in the log. */
  note: number[];
  chunks: LogChunk[];
}

/** One run: each state for some looks, of which the first sees something new. */
export async function simulate(course: Course, looks: number, told?: Told): Promise<void> {
  const { lab, shown, sandbox } = course;
  const clock = new ManualClock(1_000_000);
  const run = new Run(lab, clock.monotonic());
  const past: Past = {};
  const log = new RunLog({
    veil: new Veil({ ...lab, key: new Uint8Array(32) }),
    earlier: { bytes: 0, full: false },
    clock,
    logger: silentLogger,
    store: (chunks) => {
      told?.chunks.push(...chunks);
      return Promise.resolve();
    },
  });
  log.begin(run, past, { now: clock.monotonic(), wall: clock.now() });
  const active: Record<string, TimedObservation> = {};
  for (let i = 0; i < looks; i++) {
    clock.advance(LOOK_MS);
    const now = clock.monotonic();
    const state = Math.floor((i * shown.length) / looks);
    const world = shown[state]!;
    const passive = Object.fromEntries(Object.entries(world).filter(([name]) => !run.isActive(name)));
    for (const name of run.activeNames())
      active[name] = { observation: world[name.split('@')[0]!]!, startedAt: now };
    rememberStart(past, lab, passive);
    const look: Look = { now, passive: { ...passive }, active, past, sandbox, acted: i % 4 === 0 };
    const began = performance.now();
    const folded = run.apply(look);
    const folding = performance.now();
    log.look(look, folded);
    const noted = performance.now();
    rememberPassed(past, lab, { transitions: folded.transitions, observations: seenBy(look) });
    (told?.fold[state] ?? []).push(folding - began);
    told?.note.push(noted - folding);
    if (folded.changed) log.stored(keep(log.cut(), told));
  }
  await log.close();
}

function keep(chunks: LogChunk[], told: Told | undefined): LogChunk[] {
  told?.chunks.push(...chunks);
  return chunks;
}
