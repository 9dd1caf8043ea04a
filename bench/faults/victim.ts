import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ROOT } from '../../src/config/root.js';
import { sweepMachine } from '../../src/drivers/sweep.js';
import type { BenchContext } from '../harness.js';
import { benchImage, BENCH_UID_BASE } from '../service-process.js';

interface Sandbox {
  id: string;
  state: string;
  failure: { code: string; detail: string } | null;
}

interface Step {
  name: string;
  state: string;
}

const FINAL = ['released', 'failed'];

/** A service that is killed and started again on the same state folder. */
export class Victim {
  readonly stateDir = mkdtempSync('/var/tmp/wheelhouse-faults-');
  readonly sandboxes: string[] = [];
  private child: ChildProcess | undefined;
  private url = '';
  private output = '';

  constructor(context: BenchContext) {
    context.defer(async () => {
      await this.kill('SIGTERM');
      await sweepMachine({ stateDir: this.stateDir, installId: this.installId });
      rmSync(this.stateDir, { recursive: true, force: true });
    });
  }

  get installId(): string {
    return readFileSync(path.join(this.stateDir, 'install-id'), 'utf8').trim();
  }

  /** With a fault, the process ends itself with SIGKILL there, see src/sandbox/fault.ts. */
  async start(fault?: string): Promise<void> {
    const image = process.env['KIND_IMAGE'];
    const child = spawn(process.execPath, [path.join(ROOT, 'dist/src/main.js')], {
      cwd: ROOT,
      env: {
        PATH: process.env['PATH'] ?? '',
        NODE_NO_WARNINGS: '1',
        PORT: '0',
        LOG_LEVEL: 'warn',
        WHEELHOUSE_STATE_DIR: this.stateDir,
        WHEELHOUSE_UID_BASE: String(BENCH_UID_BASE),
        WHEELHOUSE_IMAGE_DIR: benchImage(),
        WHEELHOUSE_CLUSTER_PROVIDER: 'kind',
        WHEELHOUSE_POOL: 'off',
        WHEELHOUSE_RATE_LIMITS: 'false',
        ...(image === undefined ? {} : { KIND_IMAGE: image }),
        ...(fault === undefined ? {} : { WHEELHOUSE_FAULT: fault }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.output = '';
    this.url = await new Promise<string>((resolve, reject) => {
      const take = (bytes: Buffer): void => {
        this.output += bytes.toString();
        const found = /serving on (\S+)\n/.exec(this.output)?.[1];
        if (found) resolve(found);
      };
      child.stdout?.on('data', take);
      child.stderr?.on('data', take);
      child.once('exit', () => reject(new Error(`the service did not start:\n${this.output}`)));
    });
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** Resolves when it has ended, by its fault. */
  async ended(withinMs: number): Promise<void> {
    const { child } = this;
    if (!child || child.signalCode !== null) return;
    const late = pause(withinMs, undefined, { ref: false }).then(() => {
      throw new Error(`the service did not die within ${withinMs} ms`);
    });
    await Promise.race([once(child, 'exit'), late]);
  }

  async send<T>(method: string, at: string, body?: object): Promise<T> {
    const key = readFileSync(path.join(this.stateDir, 'operator.key'), 'utf8').trim();
    const response = await fetch(`${this.url}${at}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await response.json()) as T;
  }

  /** Asks for a sandbox; undefined when the service died on the way. */
  async allocate(lab: string, user: string): Promise<string | undefined> {
    const made = await this.send<Sandbox>('POST', '/v1/sandboxes', { lab, user, waitSeconds: 0 }).catch(
      () => undefined,
    );
    if (made?.id) this.sandboxes.push(made.id);
    return made?.id;
  }

  async all(): Promise<Sandbox[]> {
    const { items } = await this.send<{ items: Sandbox[] }>('GET', '/v1/sandboxes?limit=200');
    for (const { id } of items) if (!this.sandboxes.includes(id)) this.sandboxes.push(id);
    return items;
  }

  /** Every sandbox is ready or gone; returns those that are ready. */
  async settled(withinMs: number): Promise<Sandbox[]> {
    for (const end = performance.now() + withinMs; ; await pause(100)) {
      const all = await this.all();
      const open = all.filter(({ state }) => state !== 'ready' && !FINAL.includes(state));
      if (open.length === 0) return all.filter(({ state }) => state === 'ready');
      if (performance.now() > end) throw new Error(`not settled: ${JSON.stringify(open)}\n${this.output}`);
    }
  }

  async releaseAll(withinMs: number): Promise<void> {
    for (const { id, state } of await this.all()) {
      if (!FINAL.includes(state)) await this.send('DELETE', `/v1/sandboxes/${id}`);
    }
    for (const end = performance.now() + withinMs; ; await pause(100)) {
      const left = (await this.all()).filter(({ state }) => !FINAL.includes(state));
      if (left.length === 0) return;
      if (performance.now() > end) throw new Error(`not released: ${JSON.stringify(left)}\n${this.output}`);
    }
  }

  /** Until that step of the sandbox is under way, or over. */
  async step(id: string, name: string, withinMs: number): Promise<void> {
    for (const end = performance.now() + withinMs; ; await pause(20)) {
      const { items } = await this.send<{ items: Step[] }>('GET', `/v1/sandboxes/${id}/steps`);
      if (items.some((step) => step.name === name)) return;
      if (performance.now() > end) throw new Error(`${name} did not begin: ${JSON.stringify(items)}`);
    }
  }

  /** Pids of `kind` at work for this service. */
  kinds(): number[] {
    return readdirSync('/proc').flatMap((pid) => {
      if (!/^\d+$/.test(pid)) return [];
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return /(^|\/)kind create /.test(line) && line.includes(this.stateDir) ? [Number(pid)] : [];
      } catch {
        return [];
      }
    });
  }
}
