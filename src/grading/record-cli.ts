import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { accessOfKubeconfig } from '../kube/kubeconfig.js';
import { readLabFolder } from '../labs/lab-folder.js';
import { labSpecSchema } from '../labs/lab-spec.js';
import { parseYaml } from '../labs/lab-yaml.js';
import { prepareLab } from '../labs/prepared-lab.js';
import { dryRun } from '../labs/lint/dry-run.js';
import { kindNodes } from './kind-nodes.js';
import { recordObservations } from './record.js';

/**
 * Prints a fixture of what a lab observes now: `<lab folder> [--kind NAME] [--kubeconfig FILE] [--init-pid N]
 * [--since TIME]`. The cluster is one of kind; the lab host's process 1 is for probes of the lab host.
 */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      kind: { type: 'string' },
      kubeconfig: { type: 'string' },
      'init-pid': { type: 'string' },
      since: { type: 'string' },
    },
  });
  const [folder] = positionals;
  if (folder === undefined) throw new Error('name the folder of a lab');
  const files = await readLabFolder(path.resolve(folder));
  const { source, problems } = parseYaml('lab.yaml', files['lab.yaml'] ?? '');
  if (!source) throw new Error(problems[0]?.message ?? 'lab.yaml does not parse');
  // Not the loader: a lab without fixtures does not lint yet, and is recorded for that very reason.
  const lab = prepareLab(labSpecSchema.parse(source.value));
  const initPid = values['init-pid'] === undefined ? undefined : Number(values['init-pid']);
  const startedAt = values.since === undefined ? new Date(0) : new Date(values.since);
  const cluster = values.kind === undefined ? undefined : await clusterOf(values.kind, values.kubeconfig);
  const { observations, sandbox, faults } = await recordObservations({ lab, cluster, initPid, startedAt });
  for (const [name, fault] of Object.entries(faults))
    process.stderr.write(`${name}: ${fault.cause} ${fault.code}: ${fault.detail}\n`);
  const truths = dryRun(lab, { observations, past: {}, sandbox });
  const expect = Object.fromEntries(Object.entries(truths).map(([id, truth]) => [id, truth === 'T']));
  process.stdout.write(`${JSON.stringify({ observations, sandbox, expect }, null, 2)}\n`);
}

async function clusterOf(kind: string, kubeconfig: string | undefined) {
  if (kubeconfig === undefined)
    throw new Error('--kind needs --kubeconfig FILE, as `kind get kubeconfig` prints it');
  const nodes = await kindNodes(kind);
  const access = accessOfKubeconfig(readFileSync(kubeconfig, 'utf8'));
  // Where a sandbox reaches it, not through a port of this machine.
  return { nodes, access: { ...access, server: `https://${nodes[0]!.address}:6443` } };
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`record: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
