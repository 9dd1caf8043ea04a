import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { inflateRawSync } from 'node:zlib';
import { differences } from '../src/grading/replay-diff.js';
import { replay } from '../src/grading/replay.js';
import { courses, nothingTold, simulate } from './fold-run.js';
import { atMost, bench, median, quantile } from './harness.js';

const RUNS = 1000;
const LOOKS = 40;
/** A run of an hour with somebody at work all the time. */
const HOUR_OF_LOOKS = 4800;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/** What grading costs without probes and database: folding a look, noting it in the log, folding the log again. */
await bench('fold', async (context) => {
  const labs = await courses();
  const figures: Record<string, number> = {};
  const warm = context.rounds(400, 200);
  for (const course of labs) await simulate(course, warm);
  let worst = 0;
  let notes = 0;
  let bytes = 0;
  for (const course of labs) {
    const told = nothingTold(course);
    await simulate(course, warm * 2, told);
    // By state, as the middle one is what a busy machine changes least.
    const heaviest = Math.max(...told.fold.map((ms) => median(ms)));
    const all = told.fold.flat();
    const p95 = quantile(all, 0.95);
    const name = course.slug.replaceAll('-', '_');
    figures[`${name}_p50_ms`] = median(all);
    figures[`${name}_heaviest_ms`] = heaviest;
    worst = Math.max(worst, heaviest);
    notes = Math.max(notes, median(told.note));
    context.say(
      `${course.slug}: ${heaviest.toFixed(3)} ms in its heaviest state, p95 of all ${p95.toFixed(3)} ms`,
    );
  }

  let looks = 0;
  let differing = 0;
  let replayMs = 0;
  for (const course of labs) {
    const told = nothingTold(course);
    await simulate(course, context.quick ? HOUR_OF_LOOKS / 4 : HOUR_OF_LOOKS, told);
    bytes = Math.max(
      bytes,
      told.chunks.reduce((sum, { body }) => sum + body.length, 0),
    );
    const texts = told.chunks.map(({ body }) => inflateRawSync(body).toString('utf8'));
    const began = performance.now();
    const found = replay([texts], course.spec);
    replayMs += performance.now() - began;
    looks += found.looks;
    differing += differences(found.recorded, found.replayed).length;
  }
  context.say(`an hour each of ${labs.length} labs folds again in ${Math.round(replayMs)} ms`);

  for (let i = 0; i < 50; i++) await simulate(labs[i % labs.length]!, LOOKS);
  const before = heapBytes();
  for (let i = 0; i < RUNS; i++) await simulate(labs[i % labs.length]!, LOOKS);
  const growth = Math.max(0, heapBytes() - before) / RUNS;
  context.say(`${RUNS} runs leave ${Math.round(growth)} bytes each`);

  return {
    figures: {
      ...figures,
      heaviest_ms: worst,
      note_p50_ms: notes,
      log_bytes_per_hour: bytes,
      replay_looks_per_s: looks / (replayMs / 1000),
      growth_bytes_per_run: growth,
    },
    gates: [
      atMost('evaluation of a whole run in the heaviest state of any lab, p50 ms', worst, 2),
      atMost('noting a look in the log, p50 ms of the heaviest lab', notes, 0.5),
      atMost('log of an hour of the heaviest lab, bytes', bytes, 2 * 1024 * 1024),
      atMost('transitions that the log folds to otherwise', differing, 0),
      atMost('memory that each of 1000 runs leaves, bytes', growth, 1024),
    ],
  };
});
