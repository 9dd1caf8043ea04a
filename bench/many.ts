import { atMost, bench, quantile, rssOf } from './harness.js';
import { bareSession, BUSY, naiveSession, oursSession, typeInto, type Session } from './many-sessions.js';
import { cpuOf } from './process-cpu.js';
import { startServer } from './server-process.js';

const SESSIONS = 50;

/** 50 learners at once: each types ten keys a second and is shown 20 KiB a second. Then one of them floods. */
await bench('many', async (context) => {
  const server = await startServer(context);
  const relay = await startServer(context, { file: 'naive-relay.js' });
  const seconds = context.quick ? 4 : 10;
  const samples = { ours: [] as number[], naive: [] as number[], bare: [] as number[] };
  const flooded: number[] = [];
  let cpuShare = 0;
  let rss = 0;

  const round = async (open: () => Promise<Session>, into: number[]): Promise<void> => {
    const sessions: Session[] = [];
    for (let i = 0; i < SESSIONS; i++) sessions.push(await open());
    const cpu = cpuOf(server.pid);
    into.push(...(await typeInto(sessions, seconds)));
    if (into === samples.ours) {
      cpuShare = (cpuOf(server.pid) - cpu) / seconds;
      rss = rssOf(server.pid);
      const flood = await oursSession(server, ['/usr/bin/yes']);
      flooded.push(...(await typeInto(sessions, seconds / 2)));
      await flood.close();
    }
    for (const session of sessions) await session.close();
  };
  const run = {
    ours: () => round(() => oursSession(server), samples.ours),
    naive: () => round(() => naiveSession(relay, BUSY), samples.naive),
    bare: () => round(bareSession, samples.bare),
  };
  const rounds = context.rounds(5, 1);
  for (let i = 0; i < rounds; i++) {
    const order = ['ours', 'naive', 'bare'] as const;
    for (const name of i % 2 === 0 ? order : order.toReversed()) await run[name]();
    const shown = Object.entries(samples).map(([name, all]) => `${name} ${quantile(all, 0.99).toFixed(1)}`);
    context.say(`round ${i + 1} of ${rounds}: p99 so far ${shown.join(', ')} ms`);
  }
  const p99 = quantile(samples.ours, 0.99);
  return {
    figures: {
      p50_ms: quantile(samples.ours, 0.5),
      p99_ms: p99,
      with_a_flood_p50_ms: quantile(flooded, 0.5),
      with_a_flood_p99_ms: quantile(flooded, 0.99),
      cpu_share: cpuShare,
      rss_bytes: rss,
      sessions: SESSIONS,
      samples: samples.ours.length,
    },
    baseline: {
      naive_p50_ms: quantile(samples.naive, 0.5),
      naive_p99_ms: quantile(samples.naive, 0.99),
      pty_p50_ms: quantile(samples.bare, 0.5),
      pty_p99_ms: quantile(samples.bare, 0.99),
    },
    ratios: { ours_to_naive_p99: p99 / quantile(samples.naive, 0.99) },
    gates: [atMost(`echo p99 of ${SESSIONS} busy sessions, ms`, p99, 25)],
  };
});
