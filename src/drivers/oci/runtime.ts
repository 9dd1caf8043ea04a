import { runCommand, type CommandResult } from '../../linux/exec/command.js';
import type { Launcher } from '../../linux/exec/launcher.js';
import { Semaphore } from '../../common/semaphore.js';
import { DriverError } from '../driver-error.js';
import { readyLineProblem } from './init-ready.js';
import type { Layout } from './layout.js';

export interface RuntimeOptions {
  /** Path of runc or crun. */
  program: string;
  layout: Layout;
  /** Starts at once; four were the fastest measured on two cores. */
  parallel: number;
  /** Held by each child that changes something, see lock.ts. */
  lockFd: number;
  launcher: Launcher;
}

/** The container runtime's command line. */
export class Runtime {
  private readonly starts: Semaphore;

  constructor(private readonly options: RuntimeOptions) {
    this.starts = new Semaphore(options.parallel);
  }

  argv(...words: string[]): string[] {
    return [this.options.program, '--root', this.options.layout.runtimeRoot, ...words];
  }

  /** Makes and starts the container; returns when init has confirmed its caps. */
  async run(name: string, limits: { timeoutMs: number; signal: AbortSignal }): Promise<void> {
    const bundle = this.options.layout.bundle(name);
    await this.starts.run(async () => {
      if (limits.signal.aborted) throw new DriverError('timeout', `${name}: cancelled before its start`);
      const command = { argv: this.argv('run', '--detach', '--bundle', bundle, name), ...limits };
      const { launcher, lockFd } = this.options;
      const { stdout } = await (launcher.alive
        ? launcher.run({ ...command, keepLock: true })
        : runCommand({ ...command, extraFds: [lockFd] }));
      const problem = readyLineProblem(stdout);
      if (problem !== undefined) throw new DriverError('command_failed', `${name}: ${problem}`);
    });
  }

  exec(
    name: string,
    spec: string,
    limits: { timeoutMs: number; signal: AbortSignal },
  ): Promise<CommandResult> {
    return runCommand({ argv: this.argv('exec', '--process', spec, name), accept: ANY_STATUS, ...limits });
  }
}

const ANY_STATUS = Array.from({ length: 256 }, (_, status) => status);
