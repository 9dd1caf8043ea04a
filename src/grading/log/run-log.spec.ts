import { inflateRawSync } from 'node:zlib';
import { silentLogger } from '../../common/logger.js';
import { ManualClock } from '../../common/manual-clock.js';
import { labSpecSchema } from '../../labs/lab-spec.js';
import { prepareLab } from '../../labs/prepared-lab.js';
import { NO_CLUSTER_FACTS } from '../facts.js';
import type { Json } from '../json.js';
import { seen } from '../observation.js';
import { Run, type Look } from '../run.js';
import { LogDecoder, LogFormatError } from './decoder.js';
import { RunLog, type LogChunk } from './run-log.js';
import { Veil } from './veil.js';

const text = { fr: 'x', en: 'x' };
const lab = prepareLab(
  labSpecSchema.parse({
    apiVersion: 'wheelhouse/v1',
    kind: 'Lab',
    id: 'lab',
    version: '1.0.0',
    title: text,
    locales: ['fr', 'en'],
    duration: '10m',
    sandbox: { requires: ['netns'] },
    observe: { a: { 'netns.addrs': { ns: 'a' } } },
    objectives: [{ id: 'o', title: text, weight: 1, assert: { match: { a: { v: 1 } } } }],
  }),
);

function setUp(o: { maxBytes?: number; earlier?: number } = {}) {
  const clock = new ManualClock(1000);
  const stored: LogChunk[] = [];
  const world = { broken: false, tries: 0 };
  const log = new RunLog({
    veil: new Veil({ ...lab, key: Buffer.alloc(32) }),
    earlier: { bytes: o.earlier ?? 0, full: false },
    clock,
    logger: silentLogger,
    store: (chunks) => {
      world.tries++;
      if (world.broken) return Promise.reject(new Error('away'));
      for (const chunk of chunks) if (!stored.some(({ seq }) => seq === chunk.seq)) stored.push(chunk);
      return Promise.resolve();
    },
    maxBytes: o.maxBytes,
  });
  const run = new Run(lab, 1000);
  log.begin(run, {}, { now: 1000, wall: 5000 });
  const look = (value: Json): void => {
    clock.advance(750);
    const seenNow: Look = {
      now: clock.monotonic(),
      passive: { a: seen(value) },
      active: {},
      past: {},
      sandbox: NO_CLUSTER_FACTS,
      acted: false,
    };
    log.look(seenNow, run.apply(seenNow));
  };
  const entries = () => {
    const decoder = new LogDecoder();
    const all = stored.flatMap(({ body }) => [...decoder.read(inflateRawSync(body).toString('utf8'))]);
    return { decoder, all, looks: all.flatMap((entry) => (entry.kind === 'look' ? [entry] : [])) };
  };
  const settle = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  return { clock, log, look, stored, world, entries, settle };
}

describe('the log of a grader', () => {
  it('gives back each look with its time, what was seen and what came of it', async () => {
    const { log, look, entries } = setUp();
    for (const value of [null, null, null, { v: 0 }, { v: 1 }, { v: 1 }]) look(value);
    await log.close();
    const { all, looks } = entries();
    expect(all[0]).toMatchObject({ kind: 'begin', now: 1000, wall: 5000 });
    expect(looks.map((l) => l.look.now)).toEqual([1750, 2500, 3250, 4000, 4750, 5500]);
    expect(looks.map((l) => l.look.passive['a']!.value)).toEqual([
      null,
      null,
      null,
      { v: 0 },
      { v: 1 },
      { v: 1 },
    ]);
    expect(looks.map((l) => l.transitions)).toEqual([
      [['o', 'blocked', 'pending']],
      [],
      [],
      [],
      [['o', 'pending', 'passed']],
      [],
    ]);
  });

  it('writes nothing of its own accord for a minute, and then all of it at once', async () => {
    const { look, clock, stored, world, settle } = setUp();
    for (let i = 0; i < 70; i++) look(null);
    await settle();
    expect([world.tries, stored.length]).toEqual([0, 0]);
    clock.advance(10_000);
    await settle();
    expect([world.tries, stored.length]).toEqual([1, 1]);
    // Looks that see nothing new take some bytes together, not each.
    expect(stored[0]!.body.length).toBeLessThan(600);
    clock.advance(600_000);
    await settle();
    expect(world.tries).toBe(1);
  });

  it('goes with a change of state, and is not written again once that is stored', async () => {
    const { log, look, stored } = setUp();
    look(null);
    const carried = log.cut();
    expect(carried).toHaveLength(1);
    // Not known to be stored: the next write takes it along, so that what is stored has no gap.
    look({ v: 1 });
    expect(log.cut().map(({ seq }) => seq)).toEqual([0, 1]);
    log.stored(carried);
    expect(log.cut().map(({ seq }) => seq)).toEqual([1]);
    await log.close();
    expect(stored.map(({ seq }) => seq)).toEqual([1]);
  });

  it('waits for a database that is away, and lacks nothing then', async () => {
    const { look, clock, world, entries, log, settle } = setUp();
    world.broken = true;
    for (let i = 0; i < 200; i++) look({ v: 0, i });
    await settle();
    expect(world.tries).toBeGreaterThan(0);
    world.broken = false;
    clock.advance(60_000);
    await settle();
    await log.close();
    expect(entries().looks.map((l) => (l.look.passive['a']!.value as { i: number }).i)).toEqual(
      Array.from({ length: 200 }, (_, i) => i),
    );
  });

  it('ends where the run reached its limit, says so, and keeps what it has', async () => {
    const { look, log, stored, entries } = setUp({ maxBytes: 3000, earlier: 1500 });
    const noise = (i: number): Json => Array.from({ length: 40 }, (_, j) => Math.sin(i * 100 + j));
    for (let i = 0; i < 20; i++) {
      look(noise(i));
      log.stored(log.cut().map((chunk) => (stored.push(chunk), chunk)));
    }
    await log.close();
    expect(1500 + stored.reduce((sum, { body }) => sum + body.length, 0)).toBeLessThan(3000 + 50);
    expect(stored.map(({ full }) => full)).toEqual([...stored.slice(1).map(() => false), true]);
    const { looks, decoder } = entries();
    expect(decoder.full).toBe(true);
    expect(looks.length).toBe(stored.length - 1);
  });

  it('is refused where it is no log', () => {
    expect(() => [...new LogDecoder().read('{"t":\n')]).toThrow(LogFormatError);
    expect(() => [...new LogDecoder().read('{"b":{"format":2}}\n')]).toThrow(
      /of format 2, this version reads 1/,
    );
  });
});
