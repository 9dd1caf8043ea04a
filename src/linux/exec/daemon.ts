import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

export interface DaemonOptions {
  argv: string[];
  cwd: string;
  env: Record<string, string>;
  /** Standard output and error are appended here. */
  logFile: string;
}

/** Starts a program that may outlive the service, in a session of its own. Resolves with its pid. */
export async function startDaemon(options: DaemonOptions): Promise<number> {
  const [program, ...args] = options.argv;
  if (program === undefined) throw new Error('argv is empty');
  const log = openSync(options.logFile, 'a', 0o640);
  try {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return child.pid!;
  } finally {
    closeSync(log);
  }
}
