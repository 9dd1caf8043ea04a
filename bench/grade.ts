import { setTimeout as pause } from 'node:timers/promises';
import { ApiClient as PlayerApi } from '../src/player/api-client.js';
import { gather, leave, work, type Learner, type Reactions } from './grade-class.js';
import { BRIDGE, CONTAINER, mixed, NETWORK, PLAIN } from './grade-labs.js';
import { atMost, bench, quantile, rssOf, type BenchContext } from './harness.js';
import { makeBenchLabs } from './plain-lab.js';
import { startService, type ServiceProcess } from './service-process.js';
import { cpuOfTree } from './tree-cpu.js';

const CLASS = 20;
const CROWD = 200;
/** Changes follow each other in one sandbox after a random time up to this, so that all stay active. */
const CLASS_PAUSE_MS = 2000;
/** Of a crowd, each thinks longer, as people do; together they make a dozen changes a second. */
const CROWD_PAUSE_MS = 30_000;

const all = ({ passed, regressed }: Reactions): number[] => [...passed, ...regressed];

/**
 * A class of twenty on three labs, all working; the same class with hands off, whose upkeep is then measured; and two
 * hundred on a lab without a switch. Everyone has a shell and a progress stream. Reactions are measured from the key
 * that runs the command, so the command itself counts too, to the event that shows the new state.
 */
await bench('grade', async (context) => {
  const labs = makeBenchLabs(context, [NETWORK, BRIDGE, CONTAINER]);
  const service = await startService(context, { WHEELHOUSE_DEMO: 'false', WHEELHOUSE_LABS: labs });
  const operator = new PlayerApi(service.url, service.operatorKey);

  const learners = await gather(context, service, mixed([NETWORK, BRIDGE, CONTAINER], CLASS));
  context.say(`${CLASS} sandboxes of 3 labs are at full score`);
  const began = performance.now();
  const before = cpuOfTree(service.pid);
  const reactions = await work(learners, { rounds: context.rounds(10, 3), maxPauseMs: CLASS_PAUSE_MS });
  const busy = (cpuOfTree(service.pid) - before) / ((performance.now() - began) / 1000);
  context.say('the class has worked');

  const upkeep = await upkeepOf(context, service, learners);
  await leave(operator, learners);

  const crowd = await gather(context, service, mixed([PLAIN], CROWD));
  context.say(`${CROWD} sandboxes are at full score`);
  const crowdReactions = await work(crowd, { rounds: context.rounds(3, 1), maxPauseMs: CROWD_PAUSE_MS });

  const p95 = quantile(all(reactions), 0.95);
  const crowdP95 = quantile(all(crowdReactions), 0.95);
  return {
    figures: {
      sandboxes: CLASS,
      changes: all(reactions).length,
      p50_ms: quantile(all(reactions), 0.5),
      p95_ms: p95,
      max_ms: Math.max(...all(reactions)),
      passed_p50_ms: quantile(reactions.passed, 0.5),
      passed_p95_ms: quantile(reactions.passed, 0.95),
      regressed_p50_ms: quantile(reactions.regressed, 0.5),
      regressed_p95_ms: quantile(reactions.regressed, 0.95),
      service_cpu_ratio: busy,
      idle_cpu_percent: upkeep,
      crowd: CROWD,
      crowd_changes: all(crowdReactions).length,
      crowd_p50_ms: quantile(all(crowdReactions), 0.5),
      crowd_p95_ms: crowdP95,
      service_rss_bytes: rssOf(service.pid),
    },
    gates: [
      atMost('from the change to the pushed state, 20 sandboxes of 3 labs, p95 ms', p95, 1000),
      atMost('of a core for an attached sandbox that nothing changes, helpers included, %', upkeep, 0.3),
      atMost('the same as the first for 200 sandboxes without a switch, p95 ms', crowdP95, 2000),
    ],
  };
});

/** Per cent of a core for one attached sandbox, once nothing has changed for a minute; helpers included. */
async function upkeepOf(
  context: BenchContext,
  service: ServiceProcess,
  learners: readonly Learner[],
): Promise<number> {
  const [calmMs, measuredMs] = context.quick ? [35_000, 25_000] : [60_000, 60_000];
  await pause(calmMs);
  const before = cpuOfTree(service.pid);
  await pause(measuredMs);
  const share = (cpuOfTree(service.pid) - before) / (measuredMs / 1000) / learners.length;
  return share * 100;
}
