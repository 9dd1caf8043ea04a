import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ROOT } from '../src/config/root.js';
import { ApiClient } from './api-client.js';
import { BoardClient } from './board-client.js';
import { seatClass } from './board-class.js';
import { BoardPage } from './board-page.js';
import type { Transition } from './board-service.js';
import { cpuOf } from './process-cpu.js';
import { atMost, bench, type BenchContext, quantile, rssOf } from './harness.js';

const LAB = 'net-ovs-two-namespaces';
const OBJECTIVES = ['namespaces', 'bridge', 'pair-red', 'port-red', 'pair-green', 'port-green'];
const LEARNERS = 500;
const PER_SECOND = 20;
/** One request of the kinds below each. */
const API_EVERY_MS = 100;
const LOST_AFTER_MS = 10_000;

interface Service {
  url: string;
  key: string;
  stateDir: string;
  pid: number;
  change(transition: Transition): void;
}

async function start(context: BenchContext): Promise<Service> {
  const stateDir = mkdtempSync('/var/tmp/wheelhouse-bench-');
  const child = fork(path.join(ROOT, 'dist/bench/board-service.js'), [], {
    env: {
      PATH: process.env['PATH'] ?? '',
      NODE_NO_WARNINGS: '1',
      PORT: '0',
      WHEELHOUSE_STATE_DIR: stateDir,
      WHEELHOUSE_HOST_PROVIDER: 'fake',
      WHEELHOUSE_CLUSTER_PROVIDER: 'none',
      WHEELHOUSE_RATE_LIMITS: 'false',
      WHEELHOUSE_DEMO: 'false',
    },
  });
  const exited = once(child, 'exit');
  context.defer(async () => {
    child.kill('SIGTERM');
    await exited;
    rmSync(stateDir, { recursive: true, force: true });
  });
  const [{ url }] = (await Promise.race([
    once(child, 'message'),
    exited.then(() => Promise.reject(new Error('the service did not start'))),
  ])) as [{ url: string }];
  const key = readFileSync(path.join(stateDir, 'operator.key'), 'utf8').trim();
  return { url, key, stateDir, pid: child.pid ?? 0, change: (transition) => child.send(transition) };
}

/** When each change was asked for, and when somebody saw it. */
class Watch {
  readonly ms: number[] = [];
  private readonly asked = new Map<string, number>();

  begin(key: string, at: number): void {
    this.asked.set(key, at);
  }

  seen(key: string, at: number): void {
    const began = this.asked.get(key);
    if (began === undefined) return;
    this.asked.delete(key);
    this.ms.push(at - began);
  }

  get waiting(): number {
    return this.asked.size;
  }
}

/**
 * An instructor looks at a class of 500 while 20 objectives a second change. Measured from the moment at which the
 * change is handed to the service, so its storing counts too, to the table on the page; and beside it what the API takes
 * meanwhile, full boards among it.
 */
await bench('board', async (context) => {
  const service = await start(context);
  const api = new ApiClient(service.url, service.key, 4);
  context.defer(() => api.close());
  const send = async (method: string, url: string, body?: object) => {
    const { status, body: answer } = await api.send(method, url, body);
    if (status >= 400) throw new Error(`${method} ${url}: ${status} ${answer.detail}`);
    return answer as unknown as Record<string, string>;
  };
  await send('POST', '/v1/cohorts', { slug: 'bench', title: 'A class of 500' });
  const learners = Array.from({ length: LEARNERS }, (_, i) => ({
    user: `learner-${i}`,
    displayName: `Learner ${String(i).padStart(3, '0')}`,
    group: `group-${i % 20}`,
  }));
  const members = [...learners, { user: 'prof', role: 'instructor' }];
  await send('PUT', '/v1/cohorts/bench/members', { members });
  const { token = '' } = await send('POST', '/v1/users/prof/tokens', { as: 'instructor' });
  const klass = await seatClass({ ...service, cohort: 'bench', lab: LAB, objectives: OBJECTIVES });
  const { cohortId: cohort } = klass;

  const opened = performance.now();
  const board = await BoardClient.open({ url: service.url, cohort, credential: token });
  context.defer(() => board.close());
  await board.until('whole class', () => board.rows.size === LEARNERS && board.aggregates.length > 0);
  const openMs = performance.now() - opened;
  const stream = new Watch();
  board.onDelta = (keys, at) => keys.forEach((key) => stream.seen(key, at));

  const shown = new Watch();
  const page = await BoardPage.open({ url: service.url, cohort, token, learners: LEARNERS });
  context.defer(() => page.close());
  page.onShown = (key, at) => shown.seen(key, at);
  context.say(`${LEARNERS} learners are on the page`);

  const apiMs: number[] = [];
  const asks = [
    () => `/v1/cohorts/${cohort}/board`,
    () => `/v1/cohorts/${cohort}/board?mark=stuck&sort=stuck&order=desc`,
    () => `/v1/cohorts/${cohort}/members`,
    (n: number) => `/v1/sandboxes/${klass.seats[n % LEARNERS]!.sandboxId}`,
    () => '/v1/sandboxes?limit=50',
  ];
  let over = false;
  const asking = (async () => {
    for (let n = 0; !over; n++) {
      const began = performance.now();
      await send('GET', asks[n % asks.length]!(n));
      const took = performance.now() - began;
      apiMs.push(took);
      await pause(Math.max(0, API_EVERY_MS - took));
    }
  })();

  const seconds = context.rounds(60, 20);
  const cpuBefore = cpuOf(service.pid);
  const began = performance.now();
  const total = seconds * PER_SECOND;
  for (let n = 0; n < total; n++) {
    await pause(Math.max(0, began + (n * 1000) / PER_SECOND - performance.now()));
    const { sandboxId, userId } = klass.seats[n % LEARNERS]!;
    const lap = Math.floor(n / LEARNERS);
    const objective = OBJECTIVES[Math.floor(lap / 2) % OBJECTIVES.length]!;
    const key = `${userId}:${LAB}`;
    for (const watch of [stream, shown]) watch.begin(key, performance.now());
    const { tenantId } = klass;
    service.change({ n, tenantId, sandboxId, userId, objective, to: lap % 2 === 0 ? 'passed' : 'regressed' });
  }
  for (let waited = 0; stream.waiting + shown.waiting > 0 && waited < LOST_AFTER_MS; waited += 20)
    await pause(20);
  const cpuRatio = ((cpuOf(service.pid) - cpuBefore) * 1000) / (performance.now() - began);
  over = true;
  await asking;
  const pageP95 = quantile(shown.ms, 0.95);
  const apiP95 = quantile(apiMs, 0.95);
  return {
    figures: {
      learners: LEARNERS,
      changes: total,
      lost: stream.waiting + shown.waiting,
      open_ms: openMs,
      stream_p50_ms: quantile(stream.ms, 0.5),
      stream_p95_ms: quantile(stream.ms, 0.95),
      page_p50_ms: quantile(shown.ms, 0.5),
      page_p95_ms: pageP95,
      page_longest_task_ms: await page.longestTask(),
      api_p50_ms: quantile(apiMs, 0.5),
      api_p95_ms: apiP95,
      service_cpu_ratio: cpuRatio,
      service_rss_bytes: rssOf(service.pid),
    },
    gates: [
      atMost('from the change to the page, p95 ms', pageP95, 300),
      atMost('answers of the API meanwhile, p95 ms', apiP95, 50),
      atMost('changes that were not seen', stream.waiting + shown.waiting, 0),
    ],
  };
});
