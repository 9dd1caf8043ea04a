import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isRunning } from '../process-state.js';
import { setLauncher } from './active-launcher.js';
import { encodeFrame, FrameReader } from './frame.js';
import { runCommand } from './command.js';
import { Launcher } from './launcher.js';
import { startResident } from './resident.js';

describe('frames', () => {
  it('come out whole however the stream is cut', () => {
    const stream = Buffer.concat([
      encodeFrame(['a', '', 'ü']),
      encodeFrame([Buffer.from([0, 255])]),
      encodeFrame([]),
    ]);
    for (let size = 1; size <= stream.length; size++) {
      const reader = new FrameReader();
      const frames: Buffer[][] = [];
      for (let at = 0; at < stream.length; at += size)
        frames.push(...reader.push(stream.subarray(at, at + size)));
      expect(frames.map((fields) => fields.map((field) => field.toString('hex')))).toEqual([
        ['61', '', 'c3bc'],
        ['00ff'],
        [],
      ]);
    }
  });
});

describe('Launcher', () => {
  let folder: string;
  let lockFd: number;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'launcher-'));
    lockFd = openSync(path.join(folder, 'lock'), 'a');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const lock = (): Promise<unknown> =>
    runCommand({ argv: ['flock', '--nonblock', path.join(folder, 'lock'), 'true'], timeoutMs: 5000 });

  it('runs many commands at once and gives each its own answer', async () => {
    const launcher = await Launcher.start({ lockFd });
    closeSync(lockFd);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        launcher.run({ argv: ['/bin/echo', String(i)], timeoutMs: 10_000 }),
      ),
    );
    expect(answers.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 50 }, (_, i) => `${i}\n`));
    await launcher.close();
  });

  it('keeps the lock of a dead service until the last command is done, and ends then', async () => {
    await runCommand({ argv: ['flock', '--exclusive', '3'], extraFds: [lockFd], timeoutMs: 5000 });
    const launcher = await Launcher.start({ lockFd });
    closeSync(lockFd);
    const fifo = path.join(folder, 'fifo');
    await runCommand({ argv: ['mkfifo', fifo], timeoutMs: 5000 });
    const command = launcher.run({ argv: ['/bin/cat', fifo], timeoutMs: 10_000, keepLock: true });
    const ended = launcher.close();
    await expect(lock()).rejects.toMatchObject({ exit: 1 });
    // Opening it for writing lets the reader go on, closing it lets the reader end.
    await runCommand({ argv: ['/bin/sh', '-c', `echo done > ${fifo}`], timeoutMs: 5000 });
    expect((await command).stdout).toBe('done\n');
    await ended;
    await lock();
  });

  it('ends residents that would outlive the service, and no other', async () => {
    const launcher = await Launcher.start({ lockFd });
    closeSync(lockFd);
    const free = await startResident({ argv: ['sleep', '60'] });
    setLauncher(launcher);
    const [kept, ended] = [
      await startResident({ argv: ['sleep', '60'] }),
      await startResident({ argv: ['true'] }),
    ];
    setLauncher(undefined);
    await ended.exited;
    await launcher.close();
    expect(await kept.exited).toBeNull();
    expect(isRunning(free.pid)).toBe(true);
    free.kill();
    await free.exited;
  });

  it('fails what it was asked when it is killed, and says so', async () => {
    const launcher = await Launcher.start({ lockFd });
    closeSync(lockFd);
    const { stdout } = await launcher.run({ argv: ['/bin/sh', '-c', 'echo $PPID'], timeoutMs: 5000 });
    const command = launcher.run({ argv: ['sleep', '1'], timeoutMs: 5000 });
    process.kill(Number(stdout), 'SIGKILL');
    await expect(command).rejects.toMatchObject({ failure: 'spawn', output: 'the launcher has ended' });
    expect(launcher.alive).toBe(false);
  });
});
