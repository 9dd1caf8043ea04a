import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '../../src/config/root.js';
import { sweepMachine } from '../../src/drivers/sweep.js';
import { nodeImage } from './capability.js';
import type { SnapshotScope } from './host-snapshot.js';
import { sha256 } from '../../src/auth/secrets.js';
import { isRunning } from '../../src/linux/process-state.js';

export interface ServiceOptions {
  env?: Record<string, string>;
  /** Reused for a restart; a new one is made otherwise, and removed by `remove`. */
  stateDir?: string;
}

export interface TestService {
  url: string;
  stateDir: string;
  operatorKey: string;
  demoLink: string;
  pid: number;
  /** What it printed so far. */
  output(): string;
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>;
  /** kill -9; waits until the process is gone. */
  kill(): Promise<void>;
  /** Resolves when the process has ended, by itself or not. */
  ended: Promise<number | null>;
  /** Stops the service and its database and removes the state folder. */
  remove(): Promise<void>;
}

/** Ids of a test's lab hosts: away from those of a service on the same machine, and of most other state folders. */
function uidBase(stateDir: string): number {
  return 0x50000000 + (Number.parseInt(sha256(stateDir).slice(0, 2), 16) % 128) * 256 * 65536;
}

/** What belongs to the service of this state folder, for snapshots. */
export function scopeOf(stateDir: string): SnapshotScope {
  const installId = readFileSync(path.join(stateDir, 'install-id'), 'utf8').trim();
  return { stateDir, installId, uidBase: uidBase(stateDir) };
}

/** The image that `npm test` built; a state folder of a test has none of its own. */
function sharedImage(): string | undefined {
  const set = process.env['WHEELHOUSE_STATE_DIR'] ?? '/var/lib/wheelhouse';
  const current = path.join(set, 'image/current');
  return existsSync(current) ? realpathSync(current) : undefined;
}

export function testEnv(stateDir: string, env: Record<string, string> = {}): Record<string, string> {
  const image = sharedImage();
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '/root',
    NODE_NO_WARNINGS: '1',
    PORT: '0',
    LOG_LEVEL: 'warn',
    WHEELHOUSE_STATE_DIR: stateDir,
    // A cluster takes 20 s and a core: only the tests that are about them ask for it.
    WHEELHOUSE_CLUSTER_PROVIDER: 'none',
    ...(env['WHEELHOUSE_CLUSTER_PROVIDER'] === 'kind' ? kindImage() : {}),
    WHEELHOUSE_UID_BASE: String(uidBase(stateDir)),
    ...(image === undefined ? {} : { WHEELHOUSE_IMAGE_DIR: image }),
    ...env,
  };
}

function kindImage(): Record<string, string> {
  const name = nodeImage();
  return name === undefined ? {} : { KIND_IMAGE: name };
}

/** Starts the compiled service in a process of its own and waits until it serves. */
export async function startService(options: ServiceOptions = {}): Promise<TestService> {
  const stateDir = options.stateDir ?? mkdtempSync(path.join(tmpdir(), 'wh-test-'));
  const child = spawn(process.execPath, [path.join(ROOT, 'dist/src/main.js')], {
    cwd: ROOT,
    env: testEnv(stateDir, options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const stop = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  const remove = async () => {
    await stop('SIGTERM');
    await removeState(stateDir);
  };
  try {
    await waitForLine(child, (text) => (output += text));
  } catch (error) {
    if (options.stateDir === undefined) await remove();
    throw error;
  }
  return {
    url: /serving on (\S+)/.exec(output)![1]!,
    demoLink: /learner page, [\w ]+: (\S+)/.exec(output)?.[1] ?? '',
    operatorKey: readFileSync(path.join(stateDir, 'operator.key'), 'utf8').trim(),
    stateDir,
    pid: child.pid!,
    output: () => output,
    stop: () => stop('SIGTERM'),
    kill: () => stop('SIGKILL'),
    ended,
    remove,
  };
}

function waitForLine(child: ChildProcess, collect: (text: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the service did not serve within 60 s:\n${seen}`));
    }, 60_000);
    const take = (bytes: Buffer) => {
      const text = bytes.toString();
      seen += text;
      collect(text);
      if (/learner page, [\w ]+: \S+\n/.test(seen)) done();
    };
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    child.stdout!.on('data', take);
    child.stderr!.on('data', take);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`the service ended with ${code ?? signal}:\n${seen}`));
    });
  });
}

/** All that a stopped service left on purpose: its lab hosts, views, database and folder. */
export async function removeState(stateDir: string): Promise<void> {
  await stopDatabase(stateDir);
  const idFile = path.join(stateDir, 'install-id');
  if (process.getuid?.() === 0 && existsSync(idFile)) {
    await sweepMachine({ stateDir, installId: readFileSync(idFile, 'utf8').trim() });
  }
  rmSync(stateDir, { recursive: true, force: true });
}

/** An embedded server that outlived a killed service. */
export async function stopDatabase(stateDir: string): Promise<void> {
  const file = path.join(stateDir, 'db/postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (!isRunning(pid)) return;
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + 10_000;
  while (isRunning(pid) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
}
