import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { isRunning } from '../process-state.js';
import { setLauncher } from './active-launcher.js';
import { runCommand } from './command.js';
import { CommandError } from './command-error.js';
import { Launcher } from './launcher.js';
import { startResident } from './resident.js';

const failure = async (run: Promise<unknown>): Promise<CommandError> => {
  const error = await run.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof CommandError)) throw new Error(`expected a CommandError, got ${String(error)}`);
  return error;
};

const O_CLOEXEC = 0o2000000;

/** Descriptors above 2 that this process itself inherited open for its children, or that native code made so. */
const inheritable = (): string[] =>
  readdirSync('/proc/self/fd').filter((fd) => {
    if (Number(fd) <= 2) return false;
    try {
      const flags = /^flags:\s+([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0';
      return (parseInt(flags, 8) & O_CLOEXEC) === 0;
    } catch {
      return false;
    }
  });

const numbers = (text: string): Set<string> => new Set(text.split(/\s+/).filter(Boolean));

describe.each(['directly', 'through the launcher'])('runCommand, %s', (way) => {
  let launcher: Launcher | undefined;

  beforeAll(async () => {
    if (way === 'directly') return;
    const fd = openSync('/dev/null', 'r');
    launcher = await Launcher.start({ lockFd: fd });
    closeSync(fd);
    setLauncher(launcher);
  });

  afterAll(async () => {
    setLauncher(undefined);
    await launcher?.close();
  });

  it('returns status, output and errors of the program', async () => {
    const result = await runCommand({
      argv: ['/bin/sh', '-c', 'cat; echo oops >&2; exit 3'],
      input: 'hello',
      timeoutMs: 5000,
      accept: [3],
    });
    expect(result).toEqual({ exit: 3, stdout: 'hello', stderr: 'oops\n', truncated: false });
  });

  it('gives the child PATH and what was named, nothing else', async () => {
    const { stdout } = await runCommand({ argv: ['/usr/bin/env'], env: { A: '1' }, timeoutMs: 5000 });
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(new Set(names)).toEqual(new Set(['A', 'PATH']));
  });

  it('gives the child the named descriptors and no other', async () => {
    const fd = openSync('/dev/null', 'r');
    const spare = openSync('/dev/null', 'r');
    const { stdout } = await runCommand({
      argv: ['/bin/ls', '/proc/self/fd'],
      extraFds: [fd],
      timeoutMs: 5000,
    });
    closeSync(fd);
    closeSync(spare);
    // 4 is the directory that ls itself has open.
    expect(numbers(stdout)).toEqual(new Set(['0', '1', '2', '3', '4', ...inheritable()]));
  });

  it('fails with a line that a shell understands and the end of the output', async () => {
    const error = await failure(
      runCommand({ argv: ['/bin/sh', '-c', "echo 'it broke' >&2; exit 4"], timeoutMs: 5000 }),
    );
    expect(error.exit).toBe(4);
    expect(error.message).toBe(`exit status 4: /bin/sh -c 'echo '\\''it broke'\\'' >&2; exit 4'\nit broke`);
  });

  it('keeps the first bytes of too much output and lets the program finish', async () => {
    const result = await runCommand({
      argv: ['head', '-c', '300000', '/dev/zero'],
      timeoutMs: 5000,
      maxOutput: 10,
    });
    expect(result.stdout).toBe('\0'.repeat(10));
    expect(result.truncated).toBe(true);
  });

  it('ends the whole process group at the deadline', async () => {
    const error = await failure(
      runCommand({ argv: ['/bin/sh', '-c', 'sleep 60 & echo $!; wait'], timeoutMs: 300 }),
    );
    expect(error.failure).toBe('timeout');
    expect(isRunning(Number(error.output))).toBe(false);
  });

  it('ends when its caller cancels, and does not start when it was cancelled before', async () => {
    const cancel = new AbortController();
    const running = failure(runCommand({ argv: ['sleep', '60'], timeoutMs: 5000, signal: cancel.signal }));
    cancel.abort();
    expect((await running).failure).toBe('aborted');
    const late = await failure(runCommand({ argv: ['/nonexistent'], timeoutMs: 1, signal: cancel.signal }));
    expect(late.failure).toBe('aborted');
  });

  it('says which program could not be started', async () => {
    const error = await failure(runCommand({ argv: ['/nonexistent/tool', 'x'], timeoutMs: 5000 }));
    expect(error.failure).toBe('spawn');
    expect(error.message).toContain('/nonexistent/tool x');
  });

  it('does not wait for a grandchild that keeps the pipe', async () => {
    const started = performance.now();
    const { stdout } = await runCommand({ argv: ['/bin/sh', '-c', 'sleep 30 & echo $!'], timeoutMs: 20_000 });
    expect(performance.now() - started).toBeLessThan(5000);
    process.kill(Number(stdout));
  });
});

describe('startResident', () => {
  it('has no descriptor but its own, whatever this process inherited', async () => {
    const fd = openSync('/dev/null', 'r');
    const ls = await startResident({ argv: ['/bin/ls', '/proc/self/fd'], extraFds: [fd] });
    let text = '';
    ls.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
    expect(await ls.exited).toBe(0);
    closeSync(fd);
    expect(numbers(text)).toEqual(new Set(['0', '1', '2', '3', '4']));
  });

  it('answers on its pipes until it is killed, and leaves no descriptor open', async () => {
    const before = readdirSync('/proc/self/fd').length;
    const cat = await startResident({ argv: ['/bin/cat'] });
    const echoed = new Promise<string>((resolve) =>
      cat.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString())),
    );
    cat.stdin.write('ping');
    expect(await echoed).toBe('ping');
    cat.kill();
    expect(await cat.exited).toBeNull();
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before);
  });
});
