import { spawnPty } from '../../src/terminal/pty/node-pty.js';
import { TAIL_COMMAND, tailFlaw } from '../../bench/tail-run.js';
import { runtimePath, startRuntime, type RuntimeShells } from '../../bench/runtime-shell.js';
import { LOCAL_ENV } from '../../bench/tty-server.js';
import type { Pty, PtyExit } from '../../src/terminal/pty/pty.js';
import { describeWith } from '../support/capability.js';

function collect(pty: Pty): Promise<{ output: string; exit: PtyExit }> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    pty.onData((bytes) => chunks.push(Buffer.from(bytes)));
    pty.onExit((exit) => resolve({ output: Buffer.concat(chunks).toString(), exit }));
  });
}

describe('the last bytes of a terminal', () => {
  it('are never lost in 500 fast exits', async () => {
    const flaws: string[] = [];
    const spec = { argv: TAIL_COMMAND, env: LOCAL_ENV, cols: 80, rows: 24 };
    for (let i = 0; i < 250; i++) {
      const found = await Promise.all([tailFlaw(spawnPty(spec)), tailFlaw(spawnPty(spec))]);
      flaws.push(...found.filter((flaw) => flaw !== undefined));
    }
    expect(flaws).toEqual([]);
  });

  it('do not wait for a background job that holds the terminal', async () => {
    const argv = ['/bin/sh', '-c', '(trap "" HUP; exec sleep 3) & printf done; exit 5'];
    const began = performance.now();
    const { output, exit } = await collect(spawnPty({ argv, env: LOCAL_ENV, cols: 80, rows: 24 }));
    expect({ output, code: exit.code }).toEqual({ output: 'done', code: 5 });
    expect(performance.now() - began).toBeLessThan(2500);
  });

  it('cost next to nothing when a command never reads its input', async () => {
    const argv = ['/bin/sh', '-c', 'stty raw -echo; printf ready; exec sleep 100'];
    const pty = spawnPty({ argv, env: LOCAL_ENV, cols: 80, rows: 24 });
    await new Promise<void>((resolve) => pty.onData(() => resolve()));
    let taken = 0;
    while (pty.write(Buffer.alloc(64 * 1024, 'y'))) taken++;
    expect(taken).toBe(4);
    const cpu = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const { user, system } = process.cpuUsage(cpu);
    await pty.kill();
    expect((user + system) / 1e6).toBeLessThan(0.2);
  });
});

describeWith(['root', 'runc'], 'a terminal through runc exec -t', () => {
  let shells: RuntimeShells;
  beforeAll(() => {
    shells = startRuntime(runtimePath('runc')!);
  });
  afterAll(() => shells.close());

  it('loses no last byte in 100 fast exits', async () => {
    const flaws: string[] = [];
    for (let i = 0; i < 50; i++) {
      const found = await Promise.all([
        tailFlaw(shells.open(TAIL_COMMAND)),
        tailFlaw(shells.open(TAIL_COMMAND)),
      ]);
      flaws.push(...found.filter((flaw) => flaw !== undefined));
    }
    expect(flaws).toEqual([]);
  });

  it('turns a line feed into exactly carriage return and line feed', async () => {
    const { output } = await collect(shells.open(['/bin/sh', '-c', 'printf "a\\nb\\n"']));
    expect(JSON.stringify(output)).toBe('"a\\r\\nb\\r\\n"');
  });

  it('echoes early input once, and has a terminal of its own', async () => {
    const pty = shells.open(['/bin/sh', '-c', 'tty; read line; echo "<$line>"']);
    pty.write(Buffer.from('early\r'));
    const { output } = await collect(pty);
    expect(output).toContain('/dev/pts/');
    expect(output).toContain('<early>');
    expect(output.match(/early/g)?.length).toBeLessThanOrEqual(2);
  });

  it('follows the size', async () => {
    // runc 1.1 sets the first size only after the command has started, so that one may come as a change as well.
    const script =
      'show() { stty size; [ "$(stty size)" = "43 132" ] && exit 3; }; trap show WINCH; stty size; echo up; while :; do read x; done';
    const pty = shells.open(['/bin/sh', '-c', script]);
    const { output, exit } = await new Promise<{ output: string; exit: PtyExit }>((resolve) => {
      let text = '';
      pty.onData((bytes) => {
        const before = text.includes('up');
        text += bytes.toString();
        if (!before && text.includes('up')) pty.resize(132, 43);
      });
      pty.onExit((how) => resolve({ output: text, exit: how }));
    });
    expect(output).toContain('43 132');
    expect(exit.code).toBe(3);
  });

  it('shows the command descriptors 0, 1 and 2 alone', async () => {
    const { output } = await collect(shells.open(['/bin/ls', '/proc/self/fd']));
    expect(output.split(/\s+/).filter(Boolean)).toEqual(['0', '1', '2', '3']);
  });
});
