import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import { ROOT } from '../src/config/root.js';
import { sweepMachine } from '../src/drivers/sweep.js';
import type { BenchContext } from './harness.js';

export interface ServiceProcess {
  url: string;
  operatorKey: string;
  stateDir: string;
  installId: string;
  pid: number;
}

/** Lab hosts of one bench; their ids begin at a place of its own, so that two benches can run side by side. */
export const BENCH_SLOTS = 512;
export const BENCH_UID_BASE = 0x70000000 + (process.pid % 32) * BENCH_SLOTS * 65536;

/** The image that `npm run setup` built. */
export function benchImage(): string {
  const state = process.env['WHEELHOUSE_STATE_DIR'] ?? '/var/lib/wheelhouse';
  const image = path.join(state, 'image/current');
  if (!existsSync(image)) throw new Error(`no image at ${image}: run \`npm run setup\` as root first`);
  return realpathSync(image);
}

/** Starts the compiled service with a state folder of its own, and ends and removes both with the bench. */
export async function startService(
  context: BenchContext,
  env: Record<string, string> = {},
): Promise<ServiceProcess> {
  const stateDir = mkdtempSync('/var/tmp/wheelhouse-bench-');
  const child = spawn(process.execPath, [path.join(ROOT, 'dist/src/main.js')], {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'] ?? '',
      NODE_NO_WARNINGS: '1',
      PORT: '0',
      LOG_LEVEL: 'warn',
      WHEELHOUSE_STATE_DIR: stateDir,
      WHEELHOUSE_UID_BASE: String(BENCH_UID_BASE),
      WHEELHOUSE_IMAGE_DIR: benchImage(),
      WHEELHOUSE_RATE_LIMITS: 'false',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const idFile = path.join(stateDir, 'install-id');
  const exited = once(child, 'exit');
  context.defer(async () => {
    child.kill('SIGTERM');
    await exited;
    if (existsSync(idFile)) await sweepMachine({ stateDir, installId: readFileSync(idFile, 'utf8').trim() });
    rmSync(stateDir, { recursive: true, force: true });
  });
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const take = (bytes: Buffer): void => {
      output += bytes.toString();
      const found = /serving on (\S+)\n/.exec(output)?.[1];
      if (found) resolve(found);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    void exited.then(() => reject(new Error(`the service did not start:\n${output}`)));
  });
  const operatorKey = readFileSync(path.join(stateDir, 'operator.key'), 'utf8').trim();
  const installId = readFileSync(idFile, 'utf8').trim();
  return { url, operatorKey, stateDir, installId, pid: child.pid ?? 0 };
}
