import { CommandError, type CommandFailure } from './command-error.js';
import type { CommandOptions, CommandResult } from './command.js';
import { CHILD_PATH, DEFAULT_OUTPUT, ERROR_TAIL, PIPE_GRACE_MS } from './command-defaults.js';
import { encodeFrame, FrameReader } from './frame.js';
import { LAUNCHER_SCRIPT } from './launcher-script.js';
import { startResident, type Resident } from './resident.js';

/** Half of what a pipe holds: the launcher writes it without waiting for the reader. */
export const MAX_INPUT = 32 * 1024;

type Settle = (answer: { status: string; stdout: string; stderr: string; truncated: boolean }) => void;

export interface LauncherOptions {
  /** Inherited by commands that ask for it with `keepLock`, and held by the launcher until the last one is done. */
  lockFd: number;
}

/** A small process that starts commands in the service's stead. */
export class Launcher {
  private readonly waiting = new Map<string, Settle>();
  private readonly frames = new FrameReader();
  private last = 0;
  private dead = false;

  private constructor(private readonly resident: Resident) {
    resident.stdout.on('data', (piece: Buffer) => {
      for (const [id, ...fields] of this.frames.push(piece)) this.answer(String(id), fields);
    });
    void resident.exited.then(() => {
      this.dead = true;
      const status = 'E';
      for (const settle of this.waiting.values()) {
        settle({ status, stdout: 'the launcher has ended', stderr: '', truncated: false });
      }
    });
  }

  static async start(options: LauncherOptions): Promise<Launcher> {
    const argv = ['/usr/bin/perl', '-e', LAUNCHER_SCRIPT];
    return new Launcher(await startResident({ argv, extraFds: [options.lockFd] }));
  }

  get alive(): boolean {
    return !this.dead;
  }

  /** As `runCommand`, but without descriptors of the caller's own. */
  run(options: CommandOptions): Promise<CommandResult> {
    const { argv, signal, input } = options;
    if (signal?.aborted) return Promise.reject(new CommandError('aborted', argv, null, ''));
    return new Promise((resolve, reject) => {
      const id = String(++this.last);
      let ended: CommandFailure = 'exit';
      let grace: NodeJS.Timeout | undefined;
      const settle: Settle = (answer) => {
        this.waiting.delete(id);
        clearTimeout(timer);
        clearTimeout(grace);
        signal?.removeEventListener('abort', abort);
        const problem = verdict(answer, ended, options);
        if (problem) return reject(problem);
        const { stdout, stderr, truncated } = answer;
        resolve({ exit: exitOf(answer.status) ?? 0, stdout, stderr, truncated });
      };
      const stop = (failure: CommandFailure): void => {
        if (ended !== 'exit') return;
        ended = failure;
        this.send(['kill', id]);
        // A grandchild of another process group may hold the pipes.
        grace = setTimeout(
          () => settle({ status: '9', stdout: '', stderr: '', truncated: false }),
          PIPE_GRACE_MS,
        );
      };
      const abort = (): void => stop('aborted');
      const timer = setTimeout(() => stop('timeout'), options.timeoutMs);
      signal?.addEventListener('abort', abort, { once: true });
      this.waiting.set(id, settle);
      const env = Object.entries({ PATH: CHILD_PATH, ...options.env }).map(
        ([name, value]) => `${name}=${value}`,
      );
      const limit = String(options.maxOutput ?? DEFAULT_OUTPUT);
      const given = input === undefined ? ['0', ''] : ['1', input];
      const keep = options.keepLock ? '1' : '0';
      this.send(['run', id, options.cwd ?? '/', limit, keep, ...given, String(env.length), ...env, ...argv]);
    });
  }

  /** Ends the process group when the service dies, however it dies, until `release`. */
  guard(group: number): void {
    this.send(['guard', String(group)]);
  }

  release(group: number): void {
    if (!this.dead) this.send(['release', String(group)]);
  }

  /** Ends what it guards and lets running commands finish; resolves when the launcher has ended. */
  async close(): Promise<void> {
    this.resident.stdin.end();
    await this.resident.exited;
  }

  private send(fields: string[]): void {
    this.resident.stdin.write(encodeFrame(fields));
  }

  private answer(id: string, fields: Buffer[]): void {
    const [status = '', stdout = '', stderr = '', truncated = ''] = fields.map((field) =>
      field.toString('utf8'),
    );
    this.waiting.get(id)?.({ status, stdout, stderr, truncated: truncated === '1' });
  }
}

/** Exit status of a wait status; undefined after a signal. */
function exitOf(status: string): number | undefined {
  const value = Number(status);
  return (value & 0x7f) === 0 ? value >> 8 : undefined;
}

function verdict(
  answer: { status: string; stdout: string; stderr: string },
  ended: CommandFailure,
  options: CommandOptions,
): CommandError | undefined {
  if (answer.status === 'E') return new CommandError('spawn', options.argv, null, answer.stdout);
  const exit = exitOf(answer.status);
  if (ended === 'exit' && exit !== undefined && (options.accept ?? [0]).includes(exit)) return undefined;
  const output = (answer.stderr || answer.stdout).trimEnd().slice(-ERROR_TAIL);
  return new CommandError(ended, options.argv, exit ?? null, output);
}
