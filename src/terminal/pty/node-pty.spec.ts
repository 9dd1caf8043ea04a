import { readdirSync } from 'node:fs';
import type { Pty, PtyExit } from './pty.js';
import { spawnPty, type PtySpawn } from './node-pty.js';

const ENV = { PATH: '/usr/bin:/bin', TERM: 'xterm-256color', LANG: 'C.UTF-8' };

function start(argv: string[], more: Partial<PtySpawn> = {}): Pty {
  return spawnPty({ argv, env: ENV, cols: 80, rows: 24, ...more });
}

function finished(pty: Pty): Promise<{ output: string; exit: PtyExit }> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    pty.onData((bytes) => chunks.push(Buffer.from(bytes)));
    pty.onExit((exit) => resolve({ output: Buffer.concat(chunks).toString(), exit }));
  });
}

function seen(pty: Pty, wanted: RegExp): Promise<string> {
  let text = '';
  return new Promise((resolve) => {
    pty.onData((bytes) => {
      text += bytes.toString();
      if (wanted.test(text)) resolve(text);
    });
  });
}

describe('spawnPty', () => {
  it('gives the exit status after the last byte', async () => {
    const { output, exit } = await finished(start(['/bin/sh', '-c', 'printf hello; exit 7']));
    expect(output).toBe('hello');
    expect(exit).toEqual({ code: 7, signal: null });
  });

  it('keeps all bytes and the code of a command that exits while paused', async () => {
    const pty = start(['/bin/sh', '-c', 'head -c 3000 /dev/zero | tr "\\0" x; exit 7']);
    pty.pause();
    const { output, exit } = await finished(pty);
    expect(output).toBe('x'.repeat(3000));
    expect(exit.code).toBe(7);
  });

  it('names the signal that ended the command', async () => {
    const { exit } = await finished(start(['/bin/sh', '-c', 'kill -TERM $$']));
    expect(exit).toEqual({ code: null, signal: 'TERM' });
  });

  it('reports a program that cannot be started as status 127 with the reason on the terminal', async () => {
    const { output, exit } = await finished(start(['/nonexistent/shell']));
    expect(exit.code).toBe(127);
    expect(output).toContain('cannot start /nonexistent/shell: No such file or directory');
  });

  it('shows the command descriptors 0, 1 and 2 alone, with 20 terminals open', async () => {
    const others = Array.from({ length: 20 }, () => start(['/bin/cat']));
    const { output } = await finished(start(['/bin/ls', '/proc/self/fd']));
    await Promise.all(others.map((pty) => pty.kill()));
    // 3 is the directory that ls itself has open.
    expect(output.split(/\s+/).filter(Boolean)).toEqual(['0', '1', '2', '3']);
  });

  it('gives back descriptors and terminals', async () => {
    const before = readdirSync('/proc/self/fd').length;
    for (let i = 0; i < 20; i++) await finished(start(['/bin/true']));
    await new Promise((resolve) => setImmediate(resolve));
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before);
  });

  it('hands a mebibyte over whole to a reader that was paused meanwhile, and the writer sees no EAGAIN', async () => {
    const pty = start(['/bin/sh', '-c', 'stty -opost; head -c 1048576 /dev/zero; echo done $?']);
    let size = 0;
    let tail = '';
    pty.onData((bytes) => {
      size += bytes.length;
      tail = (tail + bytes.toString('latin1')).slice(-20);
      pty.pause();
      setImmediate(() => pty.resume());
    });
    await new Promise<void>((resolve) => pty.onExit(() => resolve()));
    expect(size).toBe(1048576 + 'done 0\n'.length);
    expect(tail).toMatch(/done 0\n$/);
  });

  it('sets the size at the start and at each resize', async () => {
    const pty = start([
      '/bin/sh',
      '-c',
      'stty size; trap "stty size; exit" WINCH; echo ready; while :; do read x; done',
    ]);
    const text = seen(pty, /ready/);
    await text;
    const rest = finished(pty);
    pty.resize(132, 43);
    expect((await text).split('\r\n')[0]).toBe('24 80');
    expect((await rest).output).toContain('43 132');
  });

  it('signals the foreground group, not the shell', async () => {
    const pty = start(['/bin/bash', '--norc', '--noprofile', '-i']);
    const prompt = seen(pty, /\$ |# /);
    await prompt;
    const running = seen(pty, /up-now/);
    pty.write(Buffer.from('sh -c "echo up-n""ow; exec sleep 100"\r'));
    await running;
    const after = seen(pty, /still-130/);
    await pty.signal('INT');
    pty.write(Buffer.from('echo still-$?\r'));
    await after;
    await pty.kill();
  });

  it('turns canonical mode, echo and signals off at once when asked for raw input', async () => {
    const pty = start(['/bin/sh', '-c', 'stty -a'], { rawInput: true });
    pty.write(Buffer.from('typed early\x03'));
    const { output, exit } = await finished(pty);
    expect(exit.code).toBe(0);
    for (const flag of ['-icanon', '-echo', '-isig', '-icrnl', '-ixon'])
      expect(output).toMatch(new RegExp(`[ \\n]${flag}[ ;\\r]`));
    expect(output).toMatch(/[ \n]opost/);
  });

  it('ends a command that ignores the hang-up', async () => {
    const pty = start(['/bin/sh', '-c', 'trap "" HUP; echo armed; while :; do sleep 0.05; done']);
    await seen(pty, /armed/);
    const done = finished(pty);
    await pty.kill();
    expect((await done).exit.signal).toBe('TERM');
  });
});
