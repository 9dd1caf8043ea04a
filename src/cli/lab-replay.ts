import { statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createLogger } from '../common/logger.js';
import { EmbeddedPostgres } from '../database/embedded-postgres.js';
import { PrismaService } from '../database/prisma.service.js';
import { walkAssert } from '../grading/assert.js';
import { fileOf } from '../grading/scripts/script-node.js';
import { LogRepository } from '../grading/log/log.repository.js';
import { differences, type Difference } from '../grading/replay-diff.js';
import { replay, type Replay } from '../grading/replay.js';
import { LabRepository } from '../labs/lab.repository.js';
import { labSpecSchema, type LabSpec } from '../labs/lab-spec.js';
import { type Run, UsageError } from './command.js';
import { checkFolder, problemLines } from './lab-problems.js';

/** There is nothing to fold, or nothing to fold it with: exit 2. */
class CannotReplay extends Error {}

interface Judge {
  /** Such as `net-ovs-two-namespaces 1.0.0 (3f9c2a71b0de)`. */
  name: string;
  spec: LabSpec;
}

/** 0 = the same transitions as live, 1 = others, 2 = cannot. */
export const labReplay: Run = async (args, context) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { lab: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  const [runId] = positionals;
  if (runId === undefined || positionals.length > 1)
    throw new UsageError('which run? It has the id of its sandbox');
  const config = context.config();
  const logger = createLogger('error');
  const url = config.databaseUrl ?? new EmbeddedPostgres(config.stateDir, logger).url();
  const prisma = new PrismaService(url, logger);
  try {
    const { judge, segments } = await find(prisma, runId, values.lab);
    const found = foldAgain(segments, judge.spec);
    const changes = differences(found.recorded, found.replayed);
    const report = values.json
      ? [asJson({ runId, judge, found, changes })]
      : asText({ runId, judge, found, changes });
    for (const line of report) context.out(line);
    return changes.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof CannotReplay) && !isUnreachable(error)) throw error;
    context.say(
      `wheelhouse: ${error instanceof CannotReplay ? error.message : 'the database does not answer; is the service running?'}`,
    );
    return 2;
  } finally {
    await prisma.close();
  }
};

async function find(prisma: PrismaService, runId: string, wanted: string | undefined) {
  const row = await prisma.client.sandbox.findUnique({
    where: { id: runId },
    select: { tenantId: true, labVersionId: true, labSlug: true },
  });
  if (!row?.labVersionId || !row.labSlug) throw new CannotReplay(`there is no run ${runId}`);
  const segments = (await new LogRepository(prisma).read(runId)).map(({ texts }) => texts);
  if (segments.length === 0)
    throw new CannotReplay(
      `the run ${runId} has no log: nobody looked at it yet, or it is older than is kept`,
    );
  const labs = new LabRepository(prisma);
  const judge =
    wanted === undefined
      ? stored(await labs.byId(row.tenantId, row.labVersionId), row.labVersionId)
      : ((await ofFolder(wanted)) ?? ofVersion(await labs.versions(row.tenantId, row.labSlug), wanted));
  return { judge, segments };
}

/** undefined = not a folder. */
async function ofFolder(wanted: string): Promise<Judge | undefined> {
  if (!statSync(wanted, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  const { lab } = await checkFolder(wanted);
  if (!lab.ok) {
    const problems = lab.problems.filter(({ level }) => level === 'error');
    throw new CannotReplay(`the lab is not sound:\n${problemLines(wanted, problems).join('\n')}`);
  }
  return named(lab.spec, lab.digest, path.basename(path.resolve(wanted)));
}

type Versions = Awaited<ReturnType<LabRepository['versions']>>;

/** By id, by number or by the beginning of its digest; of several with one number the latest. */
function ofVersion(versions: Versions, wanted: string): Judge {
  const found = versions.find(
    (v) =>
      v.labVersionId === wanted ||
      v.version === wanted ||
      (wanted.length >= 6 && v.digest.startsWith(wanted)),
  );
  if (found) return stored(found, wanted);
  const known = versions.map((v) => `${v.version} (${v.digest.slice(0, 12)})`).join(', ');
  throw new CannotReplay(`"${wanted}" is neither a folder nor a version of this lab; there are: ${known}`);
}

function stored(version: Versions[number] | undefined, wanted: string): Judge {
  if (!version) throw new CannotReplay(`there is no lab version ${wanted}`);
  const parsed = labSpecSchema.safeParse(version.spec);
  if (!parsed.success)
    throw new CannotReplay(`the lab version ${wanted} is not of this format; name one with --lab`);
  return named(parsed.data, version.digest, version.slug);
}

function named(spec: LabSpec, digest: string, slug: string): Judge {
  return { name: `${slug} ${spec.version} (${digest.slice(0, 12)})`, spec };
}

function foldAgain(segments: string[][], spec: LabSpec): Replay {
  try {
    return replay(segments, spec);
  } catch (error) {
    throw new CannotReplay(`the log cannot be folded: ${(error as Error).message}`);
  }
}

interface Report {
  runId: string;
  judge: Judge;
  found: Replay;
  changes: Difference[];
}

function asText({ runId, judge, found, changes }: Report): string[] {
  const { recorded, looks, score, partial, unrecorded } = found;
  const scripts = scriptsOf(judge.spec);
  const step = (s: Difference['recorded']): string => (s ? `${s.from} -> ${s.to}` : 'nothing');
  const width = Math.max(0, ...changes.map(({ subject }) => subject.length));
  return [
    `${runId} by ${judge.name}: ${looks} looks, ${recorded.length} transitions, replay: ${partial ? 'partial' : 'complete'}`,
    ...(scripts.length > 0
      ? [`scripts are not run again, their results of then stand: ${scripts.join(', ')}`]
      : []),
    ...(unrecorded.length > 0 ? [`not observed in this run, so not judged: ${unrecorded.join(', ')}`] : []),
    ...changes.map(
      ({ at, subject, recorded: then, replayed: now }) =>
        `${new Date(at).toISOString()}  ${subject.padEnd(width)}  recorded ${step(then)}, replayed ${step(now)}`,
    ),
    changes.length === 0 ? 'identical' : `differs in ${changes.length} transitions`,
    ...(score ? [`score: ${score.points} of ${score.max}`] : []),
  ];
}

function asJson({ runId, judge, found, changes }: Report): string {
  const { recorded, looks, score, partial, unrecorded } = found;
  return JSON.stringify({
    run: runId,
    lab: judge.name,
    identical: changes.length === 0,
    replay: partial ? 'partial' : 'complete',
    looks,
    transitions: recorded.length,
    unrecorded,
    scripts: scriptsOf(judge.spec),
    differences: changes.map(({ at, ...rest }) => ({ at: new Date(at).toISOString(), ...rest })),
    score,
  });
}

/** Files of the lab's script checks: what was given to them then was never kept. */
function scriptsOf({ objectives }: LabSpec): string[] {
  const files = new Set<string>();
  for (const { assert } of objectives) {
    if (assert) walkAssert(assert, (node) => 'script' in node && files.add(fileOf(node.script)));
  }
  return [...files];
}

/** The server is not there, as far as the driver tells. */
function isUnreachable(error: unknown): boolean {
  const text = `${(error as Error).message} ${String((error as { code?: unknown }).code)}`;
  return /ECONNREFUSED|ENOENT|ENOTFOUND|P1001|Can't reach database/.test(text);
}
