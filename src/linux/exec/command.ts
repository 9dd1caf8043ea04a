import { spawn, type ChildProcess } from 'node:child_process';
import { activeLauncher } from './active-launcher.js';
import { BoundedOutput } from './bounded-output.js';
import { CHILD_PATH, DEFAULT_OUTPUT, ERROR_TAIL, PIPE_GRACE_MS } from './command-defaults.js';
import { CommandError, type CommandFailure } from './command-error.js';
import { MAX_INPUT } from './launcher.js';

export interface CommandOptions {
  argv: string[];
  /** Added to PATH, which is all that a child gets by default. */
  env?: Record<string, string>;
  cwd?: string;
  /** Written to standard input, which is /dev/null otherwise. */
  input?: string;
  timeoutMs: number;
  /** Bytes kept of each stream; 64 KiB by default. More is read and dropped. */
  maxOutput?: number;
  signal?: AbortSignal;
  /** Descriptors of ours that the child gets as 3, 4, … No other one reaches it. */
  extraFds?: number[];
  /** Lets the child hold the launcher's lock: for what must not be overtaken by the next service. */
  keepLock?: boolean;
  /** Exit statuses that are an answer rather than a failure; 0 alone by default. */
  accept?: number[];
}

export interface CommandResult {
  exit: number;
  stdout: string;
  stderr: string;
  truncated: boolean;
}

/** Ends the child and whatever it started: each child leads a process group of its own. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/**
 * The one door to programs of the machine. No shell, empty environment but for PATH, bounded output, and a deadline
 * that ends the whole process group. Rejects with CommandError.
 */
export function runCommand(options: CommandOptions): Promise<CommandResult> {
  const fits = options.extraFds === undefined && (options.input?.length ?? 0) * 3 <= MAX_INPUT;
  const launcher = fits ? activeLauncher() : undefined;
  return launcher ? launcher.run(options) : spawnCommand(options);
}

/** Starts the command from this very process. */
function spawnCommand(options: CommandOptions): Promise<CommandResult> {
  const { argv, signal } = options;
  const [program = '', ...args] = argv;
  const stdout = new BoundedOutput(options.maxOutput ?? DEFAULT_OUTPUT);
  const stderr = new BoundedOutput(options.maxOutput ?? DEFAULT_OUTPUT);
  return new Promise((resolve, reject) => {
    const fail = (failure: CommandFailure, exit: number | null, text?: string): void => {
      const output = text ?? (stderr.text() || stdout.text()).trimEnd().slice(-ERROR_TAIL);
      reject(new CommandError(failure, argv, exit, output));
    };
    if (signal?.aborted) return fail('aborted', null, '');
    const child = spawn(program, args, {
      cwd: options.cwd ?? '/',
      env: { PATH: CHILD_PATH, ...options.env },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...(options.extraFds ?? [])],
      detached: true,
    });
    let ended: CommandFailure = 'exit';
    const stop = (failure: CommandFailure): void => {
      ended = failure;
      killGroup(child);
    };
    const abort = (): void => stop('aborted');
    const timer = setTimeout(() => stop('timeout'), options.timeoutMs);
    let grace: NodeJS.Timeout | undefined;
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      clearTimeout(grace);
      signal?.removeEventListener('abort', abort);
      act();
    };
    signal?.addEventListener('abort', abort, { once: true });
    child.stdout?.on('data', (bytes: Buffer) => stdout.push(bytes));
    child.stderr?.on('data', (bytes: Buffer) => stderr.push(bytes));
    child.stdin?.on('error', () => undefined).end(options.input);
    child.once('error', (error) => settle(() => fail('spawn', null, error.message)));
    child.once('exit', () => {
      grace = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, PIPE_GRACE_MS);
    });
    child.once('close', (exit) =>
      settle(() => {
        if (ended !== 'exit') return fail(ended, exit);
        if (exit === null || !(options.accept ?? [0]).includes(exit)) return fail('exit', exit);
        resolve({
          exit,
          stdout: stdout.text(),
          stderr: stderr.text(),
          truncated: stdout.truncated || stderr.truncated,
        });
      }),
    );
  });
}
