import { setTimeout as pause } from 'node:timers/promises';
import { runCommand } from '../src/linux/exec/command.js';
import { atMost, bench, median, quantile, type BenchContext } from './harness.js';
import { startService, type ServiceProcess } from './service-process.js';
import { plainKind } from './plain-kind.js';
import { TerminalClient } from './terminal-client.js';
import { unitCost, type UnitCost } from './unit-cost.js';

const LAB = 'k8s-explore';
const WARM_MS = 300_000;
const IDLE_MS = 20_000;

interface Body {
  id: string;
  state: string;
  url?: string;
  ticket?: string;
  code?: string;
  detail?: string;
  pool: { running: number; paused: number; making: number }[];
}

/** The API as a platform uses it. */
class Platform {
  private users = 0;

  constructor(private readonly service: ServiceProcess) {}

  async send(method: string, path: string, body?: object): Promise<Body> {
    const response = await fetch(`${this.service.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.service.operatorKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Body;
    if (response.status >= 400) throw new Error(`${method} ${path}: ${answer.code}: ${answer.detail}`);
    return answer;
  }

  async allocate(): Promise<{ id: string; ms: number; state: string }> {
    const began = performance.now();
    const user = `bench${this.users++}`;
    const { id, state } = await this.send('POST', '/v1/sandboxes', { lab: LAB, user, waitSeconds: 30 });
    return { id, state, ms: performance.now() - began };
  }

  async until(what: string, done: () => Promise<boolean>): Promise<void> {
    for (const end = performance.now() + WARM_MS; !(await done()); await pause(50)) {
      if (performance.now() > end) throw new Error(`${what}: not within ${WARM_MS / 1000} s`);
    }
  }

  async release(id: string): Promise<void> {
    await this.send('DELETE', `/v1/sandboxes/${id}`);
    await this.until(`${id} released`, async () => {
      return (await this.send('GET', `/v1/sandboxes/${id}`)).state === 'released';
    });
  }

  /** A warm unit waits, in this form, and none is being made. */
  warm(form: 'running' | 'paused', count: number): Promise<void> {
    return this.until(`${count} ${form} units`, async () => {
      const [pool] = (await this.send('GET', '/v1/capacity')).pool;
      return pool !== undefined && pool[form] >= count && pool.making === 0;
    });
  }

  /** Types the command into a new shell of the lab host; ms until its answer is there. */
  async firstAnswer(sandbox: string): Promise<number> {
    const began = performance.now();
    const terminal = await this.send('POST', `/v1/sandboxes/${sandbox}/terminals`, { cols: 100, rows: 30 });
    const { url = '' } = await this.send('POST', `/v1/terminals/${terminal.id}/tickets`, { role: 'write' });
    const client = await TerminalClient.connect({
      url: new URL(url, this.service.url.replace('http', 'ws')).href,
    });
    client.line('kubectl get nodes');
    await client.expect(/control-plane\s+Ready\s/, 30_000);
    const took = performance.now() - began;
    await client.close();
    return took;
  }
}

interface Claims {
  /** Of the first claim after the service's start, which finds nothing warm but the cluster; told apart. */
  first: { ms: number; answered: number };
  ms: number[];
  answered: number[];
}

/** Claims one warm unit after the other; the next one is made in between. */
async function claims(context: BenchContext, form: 'running' | 'paused', rounds: number): Promise<Claims> {
  const platform = new Platform(
    await kindService(context, {
      WHEELHOUSE_POOL: `${LAB}=1`,
      WHEELHOUSE_POOL_RUNNING: form === 'running' ? '1' : '0',
    }),
  );
  const found: Claims = { first: { ms: 0, answered: 0 }, ms: [], answered: [] };
  for (let round = 0; round <= rounds; round++) {
    await platform.warm(form, 1);
    const claim = await platform.allocate();
    if (claim.state !== 'ready') throw new Error(`${claim.id} is ${claim.state} after its claim`);
    const answered = claim.ms + (await platform.firstAnswer(claim.id));
    if (round === 0) found.first = { ms: claim.ms, answered };
    else {
      found.ms.push(claim.ms);
      found.answered.push(answered);
    }
    const ms = `${claim.ms.toFixed(0)} ms, kubectl answered after ${answered.toFixed(0)} ms`;
    context.say(`${form} claim ${round} of ${rounds}: ${ms}`);
    await platform.release(claim.id);
  }
  return found;
}

function kindService(context: BenchContext, env: Record<string, string>): Promise<ServiceProcess> {
  const image = process.env['KIND_IMAGE'];
  return startService(context, {
    WHEELHOUSE_CLUSTER_PROVIDER: 'kind',
    ...(image === undefined ? {} : { WHEELHOUSE_KIND_IMAGE: image }),
    ...env,
  });
}

async function coldBesidePlain(context: BenchContext, rounds: number) {
  const platform = new Platform(await kindService(context, { WHEELHOUSE_POOL: 'off' }));
  const cold: number[] = [];
  const plain: number[] = [];
  let running: UnitCost | undefined;
  for (let round = 1; round <= rounds; round++) {
    plain.push(await plainKind(context, process.env['KIND_IMAGE']));
    const made = await platform.allocate();
    if (made.state !== 'ready') throw new Error(`${made.id} is ${made.state} after 30 s`);
    cold.push(made.ms);
    context.say(`cold ${made.ms.toFixed(0)} ms beside plain kind ${plain.at(-1)!.toFixed(0)} ms`);
    if (round === rounds) running = await unitCost(`wh-${made.id.slice(3)}-1`, IDLE_MS);
    await platform.release(made.id);
  }
  return { cold, plain, running: running! };
}

/** What a paused unit costs. */
async function pausedCost(context: BenchContext) {
  const platform = new Platform(
    await kindService(context, { WHEELHOUSE_POOL: `${LAB}=1`, WHEELHOUSE_POOL_RUNNING: '0' }),
  );
  await platform.warm('paused', 1);
  const { stdout } = await runCommand({
    argv: ['docker', 'ps', '--filter', 'status=paused', '--filter', 'name=^wh-', '--format', '{{.Names}}'],
    timeoutMs: 10_000,
  });
  const name = stdout.split('\n')[0]!.replace(/-control-plane$/, '');
  return unitCost(name, IDLE_MS);
}

await bench('claim', async (context) => {
  const rounds = context.rounds(12, 1);
  const { cold, plain, running } = await coldBesidePlain(context, context.rounds(3, 1));
  const warm = await claims(context, 'running', rounds);
  const paused = await claims(context, 'paused', Math.max(1, Math.ceil(rounds / 2)));
  const asleep = await pausedCost(context);
  const ratio = median(cold.map((ms, i) => ms / plain[i]!));
  const figures = {
    first_ms: warm.first.ms,
    first_answered_ms: warm.first.answered,
    running_p50_ms: median(warm.ms),
    running_p99_ms: quantile(warm.ms, 0.99),
    answered_p50_ms: median(warm.answered),
    answered_p99_ms: quantile(warm.answered, 0.99),
    paused_p50_ms: median(paused.ms),
    paused_p99_ms: quantile(paused.ms, 0.99),
    cold_ms: median(cold),
    running_cpu_percent: running.cpuPercent,
    running_mem_mib: running.memMiB,
    running_pids: running.pids,
    running_inotify: running.inotifyInstances,
    paused_cpu_percent: asleep.cpuPercent,
    paused_mem_mib: asleep.memMiB,
  };
  return {
    figures,
    baseline: { kind_create_ms: median(plain) },
    ratios: { cold_to_kind: ratio },
    gates: [
      atMost('running claim p99, ms to the 201', figures.running_p99_ms, 100),
      atMost('running claim p99, ms to the first answered kubectl', figures.answered_p99_ms, 400),
      atMost('paused claim p99, ms', figures.paused_p99_ms, 500),
      atMost('cold cluster against plain kind', ratio, 1.15),
    ],
  };
});
