import { setTimeout as sleep } from 'node:timers/promises';
import { startEchoThread } from './echo-worker.js';
import { atMost, bench, quantile, rssOf, type Gate } from './harness.js';
import { prepareAttack } from './hostile-clients.js';
import { cpuOf } from './process-cpu.js';
import { startServer } from './server-process.js';

const SECONDS = 10;

/** One honest learner among clients that mean harm, on a server with its limits on. */
await bench('hostile', async (context) => {
  const server = await startServer(context, { args: ['--limits'] });
  const learner = await startEchoThread((await server.open()).url);
  context.defer(() => learner.stop());
  const calm = await learner.measure(200, 20);
  const attack = await prepareAttack(server);
  const rss = rssOf(server.pid);
  const cpu = cpuOf(server.pid);
  const began = performance.now();
  const busy = learner.measure(context.quick ? 200 : 400, 20);
  await attack.strike();
  const samples = await busy;
  await sleep(Math.max(0, SECONDS * 1000 - (performance.now() - began)));
  const share = (cpuOf(server.pid) - cpu) / ((performance.now() - began) / 1000);
  const growth = (rssOf(server.pid) - rss) / attack.sessions;
  context.say(`closes: ${JSON.stringify(attack.codes)}`);
  await attack.stop();
  const p95 = quantile(samples, 0.95);
  const gates: Gate[] = [
    atMost('share of a core, over 10 s', share, 0.1),
    atMost('echo p95 of another session, ms', p95, 5),
    atMost('growth of memory a session, bytes', growth, 2 * 1024 ** 2),
  ];
  return {
    figures: {
      cpu_share: share,
      echo_p50_ms: quantile(samples, 0.5),
      echo_p95_ms: p95,
      rss_growth_bytes_per_session: growth,
      sessions: attack.sessions,
    },
    baseline: { calm_p50_ms: quantile(calm, 0.5), calm_p95_ms: quantile(calm, 0.95) },
    gates,
  };
});
