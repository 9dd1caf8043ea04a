import { setTimeout as pause } from 'node:timers/promises';
import { runCommand } from '../../src/linux/exec/command.js';
import { atMost, bench, type BenchContext } from '../harness.js';
import { clusterSnapshot, type ClusterSnapshot } from '../cluster-snapshot.js';
import { snapshotChanges, takeSnapshot } from '../host-snapshot.js';
import { BENCH_UID_BASE } from '../service-process.js';
import { EngineProcess } from './engine-process.js';
import { Victim } from './victim.js';

const LAB = 'k8s-scale';
const STEPS = [
  'cluster.network',
  'cluster.create',
  'cluster.ready',
  'host.bundle',
  'host.run',
  'host.ready',
].concat(['host.link', 'lab.setup', 'learner.access']);
const MADE_MS = 240_000;
const REPAIRED_MS = 150_000;

interface Scenario {
  name: string;
  /** Breaks something while a sandbox is being made or released; afterwards the service runs. */
  run(victim: Victim): Promise<void>;
}

/** Where a step begins and where it has ended, and what is written around them. */
function atBoundaries(): Scenario[] {
  const points = STEPS.flatMap((step) => [`before:${step}`, `after:${step}`]);
  return [...points, 'before:ready', 'after:ready'].map((point) => ({
    name: `service ${point}`,
    run: async (victim) => {
      await victim.kill('SIGTERM');
      await victim.start(point);
      await victim.allocate(LAB, 'ada');
      await victim.ended(MADE_MS);
      await victim.start();
    },
  }));
}

function inTheMiddle(what: string, ms: number, act: (victim: Victim) => Promise<void>): Scenario {
  return {
    name: `${what} ${ms} ms into cluster.create`,
    run: async (victim) => {
      const id = await victim.allocate(LAB, 'ada');
      await victim.step(id!, 'cluster.create', 30_000);
      await pause(ms);
      await act(victim);
    },
  };
}

async function killService(victim: Victim): Promise<void> {
  await victim.kill();
  await victim.start();
}

async function killKind(victim: Victim): Promise<void> {
  const pids = victim.kinds();
  if (pids.length === 0) throw new Error('kind is not at work');
  for (const pid of pids) process.kill(pid, 'SIGKILL');
}

function whileReleasing(what: string, ms: number, act: (victim: Victim) => Promise<void>): Scenario {
  return {
    name: `${what} ${ms} ms into the release`,
    run: async (victim) => {
      const id = await victim.allocate(LAB, 'ada');
      await victim.settled(MADE_MS);
      await victim.send('DELETE', `/v1/sandboxes/${id}`);
      await pause(ms);
      await act(victim);
    },
  };
}

/** A sandbox that is ready survives its engine. */
function whileReady(engine: EngineProcess): Scenario {
  return {
    name: 'engine while ready',
    run: async (victim) => {
      await victim.allocate(LAB, 'ada');
      await victim.settled(MADE_MS);
      await engine.kill();
      await engine.start();
      await nodesRun(victim);
    },
  };
}

/** The service starts stopped nodes at its next round. */
async function nodesRun(victim: Victim): Promise<void> {
  const id = victim.sandboxes.at(-1)!.slice(3);
  const argv = ['docker', 'ps', '--filter', `name=wh-${id}-`, '--format', '{{.State}}'];
  for (const end = performance.now() + REPAIRED_MS; ; await pause(200)) {
    const { stdout } = await runCommand({ argv, timeoutMs: 30_000 });
    if (stdout.trim() === 'running') return;
    if (performance.now() > end) throw new Error(`the node did not come back: ${stdout.trim() || 'absent'}`);
  }
}

function scenarios(context: BenchContext, engine: EngineProcess | undefined): Scenario[] {
  const killEngine = async (): Promise<void> => {
    await engine!.kill();
    await engine!.start();
  };
  const ofService = [200, 3000, 9000].map((ms) => inTheMiddle('service', ms, killService));
  const ofKind = [200, 3000, 9000].map((ms) => inTheMiddle('kind', ms, killKind));
  const ofEngine = [500, 5000, 12_000].map((ms) => inTheMiddle('engine', ms, killEngine));
  const releases = [20, 300].map((ms) => whileReleasing('service', ms, killService));
  if (context.quick) return [ofService[1]!, ofKind[1]!];
  const middles = [...ofKind, ...ofService, ...releases];
  if (!engine) {
    context.say('LEFT OUT: the engine is no process of this machine that can be killed and started again');
    return [...middles, ...atBoundaries()];
  }
  const ofAll = [whileReady(engine), ...ofEngine, whileReleasing('engine', 100, killEngine), ...middles];
  return [...ofAll, ...atBoundaries()];
}

function leftovers(before: ClusterSnapshot, after: ClusterSnapshot): string[] {
  return Object.entries(after).flatMap(([kind, names]: [string, string[]]) =>
    names
      .filter((name) => !before[kind as keyof ClusterSnapshot].includes(name))
      .map((name) => `${kind}: ${name}`),
  );
}

await bench('faults-kind', async (context) => {
  const engine = EngineProcess.find();
  const victim = new Victim(context);
  await victim.start();
  const scope = { stateDir: victim.stateDir, installId: victim.installId, uidBase: BENCH_UID_BASE };
  const look = () => clusterSnapshot({ ...scope, sandboxes: victim.sandboxes });
  const [hostsBefore, before] = [await takeSnapshot(scope), await look()];
  const list = scenarios(context, engine);
  let ready = 0;
  let gone = 0;
  let unsettled = 0;
  const left: string[] = [];
  for (const [index, scenario] of list.entries()) {
    const { name } = scenario;
    const began = performance.now();
    try {
      await scenario.run(victim);
      const living = await victim.settled(MADE_MS);
      if (living.length > 0) ready++;
      else gone++;
      await victim.releaseAll(120_000);
    } catch (error) {
      unsettled++;
      context.say(`${name}: ${String(error)}`);
      await victim.kill();
      await victim.start();
      await victim.releaseAll(120_000);
    }
    const found = [
      ...leftovers(before, await look()),
      ...snapshotChanges(hostsBefore, await takeSnapshot(scope)),
    ];
    left.push(...found.map((what) => `${name}: ${what}`));
    for (const what of found) context.say(`LEFT after ${name}: ${what}`);
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    context.say(`${index + 1} of ${list.length}: ${name}: settled after ${seconds} s`);
  }
  return {
    figures: { scenarios: list.length, ready, gone, unsettled, leftovers: left.length },
    gates: [
      atMost('scenarios that did not settle', unsettled, 0),
      atMost('things left on the machine', left.length, 0),
    ],
  };
});
