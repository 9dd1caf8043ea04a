import { parseArgs } from 'node:util';
import { parseDuration } from '../labs/duration.js';
import { ApiClient } from '../player/api-client.js';
import { CannotTry } from '../player/cannot-try.js';
import type { ScratchService } from '../player/scratch-service.js';
import { authorOf, tryLab, type Trial } from '../player/trial.js';
import { trialReport } from '../player/trial-report.js';
import { type CliContext, type Run, UsageError } from './command.js';
import { readForTrial, type ReadyLab } from './lab-test-input.js';

interface Options {
  keep: boolean;
  json: boolean;
  individualise: boolean;
  patienceMs: number;
}

/** 0 = every lab did what its solution says, 1 = one did not, 2 = it could not be tried. */
export const labTest: Run = async (args, context) => {
  const { values, positionals: folders } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      keep: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      individualise: { type: 'boolean', default: false },
      patience: { type: 'string', default: '60s' },
    },
  });
  if (folders.length === 0) throw new UsageError('which folder?');
  const patienceMs = parseDuration(values.patience);
  if (patienceMs === undefined) throw new UsageError('--patience is a duration such as 60s');
  const { keep, json, individualise } = values;
  const tell = json ? context.say : context.out;
  const labs: ReadyLab[] = [];
  let broken = 0;
  for (const folder of folders) {
    const read = await readForTrial(folder);
    for (const line of read.lines) tell(line);
    if (read.lab) labs.push(read.lab);
    else broken++;
  }
  const twice = labs.find((lab, i) => labs.findIndex(({ slug }) => slug === lab.slug) !== i);
  if (twice) throw new UsageError(`two folders are named ${twice.slug}`);
  try {
    const trials = broken > 0 ? [] : await tryLabs(labs, { keep, json, individualise, patienceMs }, context);
    const ok = broken === 0 && trials.every((trial) => trial.ok);
    if (json) context.out(JSON.stringify({ ok, labs: trials }));
    return ok ? 0 : 1;
  } catch (error) {
    if (!(error instanceof CannotTry)) throw error;
    context.say(`wheelhouse: these labs cannot be tried here\n${error.message}`);
    return 2;
  }
};

async function tryLabs(labs: readonly ReadyLab[], o: Options, context: CliContext): Promise<Trial[]> {
  const { env } = context;
  const tell = o.json ? context.say : context.out;
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new Error('interrupted; everything was cleaned up'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  let service: ScratchService | undefined;
  try {
    tell('starting a service of its own');
    // All of the service is behind it; a lab that is not sound is told of without.
    const { startScratchService } = await import('../player/scratch-service.js');
    service = await startScratchService({
      config: context.config(),
      env,
      labs: new Map(labs.map(({ slug, files }) => [slug, files])),
      clusters: labs.some(({ spec }) => spec.sandbox.cluster !== undefined),
      say: tell,
    });
    const operator = new ApiClient(service.url, service.operatorKey);
    const trials: Trial[] = [];
    for (const { slug, steps } of labs) {
      const { patienceMs, keep, individualise } = o;
      const { signal } = interrupted;
      const trial = await tryLab({
        service,
        operator,
        lab: slug,
        steps,
        patienceMs,
        keep,
        individualise,
        say: tell,
        signal,
      });
      for (const line of trialReport(trial)) tell(line);
      trials.push(trial);
    }
    if (o.keep) await kept(service, operator, { trials, tell, signal: interrupted.signal });
    return trials;
  } finally {
    if (service) {
      tell('cleaning up');
      await service.remove();
    }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
  }
}

/** Serves on until ctrl-c, so that the author can look at what the solution left. */
async function kept(
  service: ScratchService,
  operator: ApiClient,
  o: { trials: Trial[]; tell: (text: string) => void; signal: AbortSignal },
): Promise<void> {
  for (const { lab, sandbox } of o.trials.filter((trial) => trial.sandbox !== null)) {
    const { body } = await operator.post(`/v1/users/${authorOf(lab)}/tokens`);
    o.tell(
      `${lab}: ${sandbox} is kept, for 15 minutes at ${service.url}/console/#token=${body.token}&lab=${lab}`,
    );
  }
  o.tell('ctrl-c ends it and cleans up');
  if (o.signal.aborted) return;
  await new Promise<void>((resolve) => o.signal.addEventListener('abort', () => resolve(), { once: true }));
}
