import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { silentLogger } from '../src/common/logger.js';
import { OciHostDriver } from '../src/drivers/oci/driver.js';
import { runtimeCandidates } from '../src/drivers/oci/find-runtime.js';
import { sweepInstall } from '../src/drivers/oci/sweep.js';
import type { CallOptions } from '../src/drivers/step.js';
import type { BenchContext } from './harness.js';
import { BENCH_SLOTS, BENCH_UID_BASE, benchImage } from './service-process.js';

/** Away from the slots of the service under test. */
const FIRST_SLOT = BENCH_SLOTS / 2;

export interface RawHosts {
  stateDir: string;
  installId: string;
  /** Writes the bundles of these lab hosts; not part of what is measured. */
  prepare(names: string[]): Promise<void>;
  /** `runc run` of a bundle; resolves when init has signalled and the runtime has ended. */
  run(name: string): Promise<void>;
  remove(name: string): Promise<void>;
}

function within(ms = 60_000): CallOptions {
  return { signal: AbortSignal.timeout(ms), deadline: Date.now() + ms };
}

/** The same lab hosts as the service's, started by the bare runtime. */
export async function rawHosts(context: BenchContext): Promise<RawHosts> {
  const stateDir = mkdtempSync('/var/tmp/wheelhouse-raw-');
  const installId = path.basename(stateDir);
  const options = { stateDir, installId, runtime: 'auto', imageDir: benchImage(), logger: silentLogger };
  const driver = new OciHostDriver({ ...options, uidBase: BENCH_UID_BASE });
  context.defer(async () => {
    await driver.close();
    await sweepInstall({ stateDir, installId });
    rmSync(stateDir, { recursive: true, force: true });
  });
  await driver.list(within());
  const [runtime = ''] = runtimeCandidates('auto');
  const root = `/run/wheelhouse/${installId}/runtime`;
  return {
    stateDir,
    installId,
    async prepare(names) {
      for (const [index, id] of names.entries()) {
        const spec = { slot: FIRST_SLOT + index, requires: ['netns' as const] };
        const [bundle] = driver.plan(id, 1, spec).steps;
        const step = { ...within(), id, attempt: 1, facts: {}, logger: silentLogger, note: () => undefined };
        await bundle?.run(step);
      }
    },
    run(id) {
      const bundle = path.join(stateDir, 'hosts', `wh-${id}-1`);
      const argv = ['--root', root, 'run', '--detach', '--bundle', bundle, `wh-${id}-1`];
      return new Promise((resolve, reject) => {
        const child = spawn(runtime, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
        let output = '';
        child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
        child.on('error', reject);
        child.on('close', () =>
          output.startsWith('ready')
            ? resolve()
            : reject(new Error(`${id}: init said ${output || 'nothing'}`)),
        );
      });
    },
    remove: (id) => driver.destroy(id, within()),
  };
}
