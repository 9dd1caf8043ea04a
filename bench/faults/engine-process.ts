import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { startDaemon } from '../../src/linux/exec/daemon.js';
import { runCommand } from '../../src/linux/exec/command.js';
import { isRunning } from '../../src/linux/process-state.js';

const PID_FILE = '/var/run/docker.pid';
const BACK_MS = 60_000;

const split = (text: string): string[] => text.split('\0').filter((part) => part !== '');

/** The Docker engine of this machine, which can be killed and started again as it was. */
export class EngineProcess {
  private constructor(
    private pid: number,
    private readonly argv: string[],
    private readonly env: Record<string, string>,
  ) {}

  /** undefined where the engine is not a process of this machine that we may end. */
  static find(): EngineProcess | undefined {
    try {
      const pid = Number(readFileSync(PID_FILE, 'utf8'));
      const argv = split(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
      const env = Object.fromEntries(
        split(readFileSync(`/proc/${pid}/environ`, 'utf8')).map((line) => {
          const at = line.indexOf('=');
          return [line.slice(0, at), line.slice(at + 1)];
        }),
      );
      return argv[0]?.endsWith('dockerd') ? new EngineProcess(pid, argv, env) : undefined;
    } catch {
      return undefined;
    }
  }

  async kill(): Promise<void> {
    process.kill(this.pid, 'SIGKILL');
    while (isRunning(this.pid)) await pause(10);
  }

  /** Starts it as it was started before, unless something else has done so, and waits until it answers. */
  async start(): Promise<void> {
    if (await answers()) return this.remember();
    rmSync(PID_FILE, { force: true });
    const logFile = '/var/log/wheelhouse-faults-engine.log';
    this.pid = await startDaemon({ argv: this.argv, cwd: '/', env: this.env, logFile });
    for (const end = performance.now() + BACK_MS; !(await answers()); await pause(100)) {
      if (performance.now() > end) throw new Error(`the Docker engine did not come back; see ${logFile}`);
    }
    this.remember();
  }

  private remember(): void {
    this.pid = Number(readFileSync(PID_FILE, 'utf8'));
  }
}

function answers(): Promise<boolean> {
  return runCommand({ argv: ['docker', 'version'], timeoutMs: 5000 }).then(
    () => true,
    () => false,
  );
}
