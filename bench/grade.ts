import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { ApiClient } from './api-client.js';
import { GradeClient } from './grade-client.js';
import { atMost, bench, quantile, rssOf } from './harness.js';
import { startService } from './service-process.js';
import { TerminalClient } from './terminal-client.js';

const LAB = 'net-ovs-two-namespaces';
const SANDBOXES = 20;
/** Changes follow each other in one sandbox after a random time up to this, so that all stay active. */
const MAX_PAUSE_MS = 2000;

const SOLUTION = [
  'ip netns add red; ip netns add green; ovs-vsctl add-br ovs1',
  'for s in r g; do ip link add eth0-$s type veth peer name veth-$s; ovs-vsctl add-port ovs1 veth-$s; ip link set veth-$s up; done',
  'ip link set eth0-r netns red; ip link set eth0-g netns green',
  'ip -n red link set lo up; ip -n red link set eth0-r up; ip -n red addr add 10.0.0.1/24 dev eth0-r',
  'ip -n green link set eth0-g up; ip -n green addr add 10.0.0.2/24 dev eth0-g',
];

/** Processor time of the service and of the helpers that it waited for, ms. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // User and system time, its own and of ended children, in hundredths of a second.
  return [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]) * 10, 0);
}

interface Learner {
  progress: GradeClient;
  terminal: TerminalClient;
}

interface Made {
  id: string;
  state: string;
  url: string;
}

/**
 * Twenty learners who each take one interface down and up again, typing into their terminals at random times. Measured
 * from the key that runs the command, so the command itself counts too, to the event that shows the new state.
 */
await bench('grade', async (context) => {
  const service = await startService(context, { WHEELHOUSE_DEMO: 'false' });
  const api = new ApiClient(service.url, service.operatorKey, 8);
  context.defer(() => api.close());
  const post = async (path: string, body: object = {}): Promise<Made> => {
    const { status, body: answer } = await api.send('POST', path, body);
    if (status >= 400) throw new Error(`${path}: ${status} ${answer.code}: ${answer.detail}`);
    return answer as unknown as Made;
  };

  const join = async (user: string): Promise<Learner> => {
    const sandbox = await post('/v1/sandboxes', { lab: LAB, user, waitSeconds: 30 });
    if (sandbox.state !== 'ready') throw new Error(`${sandbox.id} is ${sandbox.state}`);
    const opened = await post(`/v1/sandboxes/${sandbox.id}/terminals`);
    const ticket = await post(`/v1/terminals/${opened.id}/tickets`);
    const terminal = await TerminalClient.connect({
      url: `${service.url.replace('http', 'ws')}${ticket.url}`,
    });
    await terminal.expect(/[#$] $/);
    const progress = await GradeClient.open(service.url, sandbox.id, service.operatorKey);
    for (const line of SOLUTION) terminal.line(line);
    await progress.until('full score', (p) => p.score.fraction === 1, 30_000);
    context.defer(async () => {
      progress.close();
      await terminal.close();
    });
    return { progress, terminal };
  };

  const learners: Learner[] = [];
  for (let i = 0; i < SANDBOXES; i++) learners.push(await join(`grade-${i}`));
  context.say(`${SANDBOXES} sandboxes are at full score`);

  const passed: number[] = [];
  const regressed: number[] = [];
  const change = async ({ progress, terminal }: Learner, to: 'down' | 'up'): Promise<void> => {
    const due = to === 'down' ? 'regressed' : 'passed';
    const began = performance.now();
    terminal.line(`ip link set veth-r ${to}`);
    const seen = await progress.until(due, (p) =>
      p.objectives.some((o) => o.id === 'up-red' && o.state === due),
    );
    (to === 'down' ? regressed : passed).push(seen - began);
  };
  const rounds = context.rounds(10, 5);
  const began = performance.now();
  const before = cpuOf(service.pid);
  await Promise.all(
    learners.map(async (learner) => {
      for (let i = 0; i < rounds; i++) {
        await pause(Math.random() * MAX_PAUSE_MS);
        await change(learner, 'down');
        await pause(Math.random() * MAX_PAUSE_MS);
        await change(learner, 'up');
      }
    }),
  );
  const wallMs = performance.now() - began;
  const all = [...passed, ...regressed];
  const p95 = quantile(all, 0.95);
  return {
    figures: {
      sandboxes: SANDBOXES,
      changes: all.length,
      p50_ms: quantile(all, 0.5),
      p95_ms: p95,
      max_ms: Math.max(...all),
      passed_p50_ms: quantile(passed, 0.5),
      passed_p95_ms: quantile(passed, 0.95),
      regressed_p50_ms: quantile(regressed, 0.5),
      regressed_p95_ms: quantile(regressed, 0.95),
      service_cpu_ratio: (cpuOf(service.pid) - before) / wallMs,
      service_rss_bytes: rssOf(service.pid),
    },
    gates: [atMost('from the change to the pushed state, p95 ms', p95, 1000)],
  };
});
