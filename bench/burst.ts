import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { ApiClient } from './api-client.js';
import { atMost, bench, median, quantile, type BenchContext, type Gate } from './harness.js';
import { snapshotChanges, takeSnapshot } from './host-snapshot.js';
import { makePlainLab, PLAIN_LAB } from './plain-lab.js';
import { rawHosts } from './raw-hosts.js';
import { BENCH_SLOTS, BENCH_UID_BASE, startService } from './service-process.js';

const HOSTS = 200;
const CONNECTIONS = 16;
/** The fastest number of raw starts at once on two cores. */
const RAW_PARALLEL = 4;
/** Raises a limit for the time of the bench. */
function raise(context: BenchContext, file: string, value: number): void {
  const before = readFileSync(file, 'utf8').trim();
  if (Number(before) >= value) return;
  writeFileSync(file, String(value));
  context.defer(() => writeFileSync(file, before));
}

/** Runs `task` for each item, `parallel` at a time; returns the ms of the whole. */
async function timeAll<T>(
  items: T[],
  parallel: number,
  task: (item: T) => Promise<unknown>,
): Promise<number> {
  const queue = items.values();
  const began = performance.now();
  const worker = async (): Promise<void> => {
    for (const item of queue) await task(item);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return performance.now() - began;
}

function available(): number {
  return Number(/^MemAvailable:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;
}

/** Processor time of a process so far, ms, without its children. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // In hundredths of a second.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

interface Round {
  ms: number;
  /** Bytes by which MemAvailable fell. */
  taken: number;
}

async function until(what: string, done: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 60_000; ; await pause(20)) {
    if (await done()) return;
    if (performance.now() > end) throw new Error(`${what}: not within 60 s`);
  }
}

/** After this long, what is still there is a leak. */
const LET_GO_MS = 20_000;

/** Sandboxes through the API, each made and awaited by one call. */
class ApiHosts {
  constructor(private readonly api: ApiClient) {}

  async make(user: string): Promise<string> {
    const { status, body } = await this.api.send('POST', '/v1/sandboxes', {
      lab: PLAIN_LAB,
      user,
      waitSeconds: 30,
    });
    if (status >= 400) throw new Error(`allocate: ${status} ${body.code}: ${body.detail}`);
    if (body.state === 'ready') return body.id;
    await until(`${body.id} ready`, async () => (await this.state(body.id)) === 'ready');
    return body.id;
  }

  async release(id: string): Promise<void> {
    await this.api.send('DELETE', `/v1/sandboxes/${id}`);
    await until(`${id} released`, async () => (await this.state(id)) === 'released');
  }

  private async state(id: string): Promise<string> {
    return (await this.api.send('GET', `/v1/sandboxes/${id}`)).body.state;
  }
}

await bench('burst', async (context) => {
  if (process.getuid?.() !== 0) throw new Error('lab hosts need root');
  const rounds = context.rounds(5, 2);
  raise(context, '/proc/sys/fs/inotify/max_user_instances', 8192);
  const service = await startService(context, {
    WHEELHOUSE_LABS: makePlainLab(context),
    WHEELHOUSE_DEMO: 'false',
  });
  const api = new ApiClient(service.url, service.operatorKey, CONNECTIONS);
  context.defer(() => api.close());
  const hosts = new ApiHosts(api);
  const raw = await rawHosts(context);

  await hosts.release(await hosts.make('warm-up'));
  const scope = { uidBase: BENCH_UID_BASE, slots: BENCH_SLOTS, servicePid: service.pid };
  const snapshots = async () => [
    await takeSnapshot({ ...service, ...scope }),
    await takeSnapshot({ ...raw, ...scope }),
  ];
  // The grader stores how a run ended before it lets go of the namespaces.
  const once = async <T>(read: () => Promise<T>, isRight: (value: T) => boolean): Promise<T> => {
    let value = await read();
    for (const end = performance.now() + LET_GO_MS; !isRight(value) && performance.now() < end;)
      value = await read();
    return value;
  };
  const first = await once(snapshots, (all) => all.every(({ processes }) => processes.length === 0));
  let leaks = 0;
  const settle = async (): Promise<void> => {
    const look = async () => (await snapshots()).flatMap((now, i) => snapshotChanges(first[i]!, now));
    const changes = await once(look, ({ length }) => length === 0);
    if (changes.length === 0) return;
    leaks++;
    context.say(`not as before the first round:\n${changes.slice(0, 10).join('\n')}`);
  };

  const rawRound = async (round: number): Promise<Round> => {
    const names = Array.from({ length: HOSTS }, (_, i) => `raw${round}x${i}`);
    await raw.prepare(names);
    const before = available();
    const ms = await timeAll(names, RAW_PARALLEL, (name) => raw.run(name));
    const taken = before - available();
    await timeAll(names, CONNECTIONS, (name) => raw.remove(name));
    await settle();
    return { ms, taken };
  };
  const apiRound = async (round: number): Promise<Round> => {
    const ids: string[] = [];
    const users = Array.from({ length: HOSTS }, (_, i) => `bench-${round}-${i}`);
    const before = available();
    const cpu = cpuOf(service.pid);
    const ms = await timeAll(users, CONNECTIONS, async (user) => ids.push(await hosts.make(user)));
    const taken = before - available();
    serviceCpu.push((cpuOf(service.pid) - cpu) / HOSTS);
    const gone = await timeAll(ids, CONNECTIONS, (id) => hosts.release(id));
    context.say(`released in ${gone.toFixed(0)} ms`);
    await settle();
    return { ms, taken };
  };

  const serviceCpu: number[] = [];
  const ours: Round[] = [];
  const bare: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    bare.push(await rawRound(round));
    ours.push(await apiRound(round));
    const [a, b] = [bare.at(-1)!, ours.at(-1)!];
    context.say(
      `round ${round + 1} of ${rounds}: raw ${a.ms.toFixed(0)} ms, API ${b.ms.toFixed(0)} ms, ` +
        `memory ${(a.taken / 2 ** 20).toFixed(0)} and ${(b.taken / 2 ** 20).toFixed(0)} MiB`,
    );
  }

  const singles: number[] = [];
  for (let i = 0; i < (context.quick ? 50 : 200); i++) {
    const began = performance.now();
    const id = await hosts.make(`one-${i}`);
    singles.push(performance.now() - began);
    await hosts.release(id);
  }
  await settle();

  const of = (list: Round[], key: keyof Round): number[] => list.map((round) => round[key]);
  const ratios = ours.map((round, i) => round.ms / bare[i]!.ms);
  const figures = {
    hosts: HOSTS,
    all_ms: median(of(ours, 'ms')),
    all_min_ms: Math.min(...of(ours, 'ms')),
    all_max_ms: Math.max(...of(ours, 'ms')),
    one_p50_ms: median(singles),
    one_p99_ms: quantile(singles, 0.99),
    service_cpu_each_ms: median(serviceCpu),
    extra_bytes: median(of(ours, 'taken')) - median(of(bare, 'taken')),
    leaks,
  };
  const ratio = median(ratios);
  const gates: Gate[] = [
    atMost(`${HOSTS} lab hosts through the API, ms`, figures.all_ms, 5000),
    atMost('ours to raw', ratio, 1.3),
    atMost('one allocate, p50 ms', figures.one_p50_ms, 80),
    atMost('one allocate, p99 ms', figures.one_p99_ms, 200),
    atMost('memory beyond raw, bytes', figures.extra_bytes, 300e6),
    atMost('snapshots that differ from the first', figures.leaks, 0),
  ];
  const baseline = {
    raw_all_ms: median(of(bare, 'ms')),
    raw_min_ms: Math.min(...of(bare, 'ms')),
    raw_max_ms: Math.max(...of(bare, 'ms')),
  };
  return { figures, baseline, ratios: { ours_to_raw: ratio }, gates };
});
