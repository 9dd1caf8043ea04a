import { spawn } from 'node-pty';
import { spawnPty } from '../src/terminal/pty/node-pty.js';
import type { Pty, PtyExit } from '../src/terminal/pty/pty.js';
import { readBare } from './bare-pty.js';
import { atMost, bench, type BenchContext, type Gate } from './harness.js';
import { runtimePath, startRuntime } from './runtime-shell.js';
import { TAIL_BYTES, TAIL_COMMAND, tailFlaw } from './tail-run.js';
import { LOCAL_ENV } from './tty-server.js';

/** Runs side by side; more would measure the machine. */
const PARALLEL = 2;

async function count(context: BenchContext, name: string, runs: number, open: () => Pty): Promise<number> {
  let lost = 0;
  let left = runs;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const flaw = await tailFlaw(open());
      if (flaw === undefined) continue;
      lost++;
      context.say(`${name}: ${flaw}`);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  context.say(
    `${name}: ${lost} of ${runs} lost, ${((performance.now() - began) / runs).toFixed(1)} ms a run`,
  );
  return lost;
}

await bench('tails', async (context) => {
  const runs = context.rounds(500, 200);
  const spec = { argv: TAIL_COMMAND, env: LOCAL_ENV, cols: 80, rows: 24 };
  const figures: Record<string, number> = {
    runs,
    lost: await count(context, 'local', runs, () => spawnPty(spec)),
  };
  const gates: Gate[] = [atMost(`tails lost of ${runs}, local`, figures['lost'] ?? 0, 0)];
  for (const name of ['runc', 'crun'] as const) {
    const runtime = runtimePath(name);
    if (!runtime || process.getuid?.() !== 0) {
      context.say(`${name}: left out, ${runtime ? 'not root' : 'not installed'}`);
      continue;
    }
    let shells: ReturnType<typeof startRuntime>;
    try {
      shells = startRuntime(runtime);
    } catch (error) {
      context.say(`${name}: left out, it cannot start a container here: ${String(error).split('\n').at(-1)}`);
      continue;
    }
    context.defer(() => shells.close());
    const lost = await count(context, `${name} exec`, runs, () => shells.open(TAIL_COMMAND));
    figures[`${name}_lost`] = lost;
    figures['lost'] = (figures['lost'] ?? 0) + lost;
    gates.push(atMost(`tails lost of ${runs}, through ${name} exec`, lost, 0));
  }
  return { figures, baseline: await baselines(context, runs), gates };
});

/** The same command through node-pty's own spawn, as a naive relay has it, and on a bare PTY that is read to its end. */
async function baselines(context: BenchContext, runs: number): Promise<Record<string, number>> {
  const naive = await count(context, 'node-pty', runs, () => {
    const pty = spawn(TAIL_COMMAND[0] ?? '', TAIL_COMMAND.slice(1), { env: LOCAL_ENV, encoding: null });
    return {
      // Without an encoding it gives bytes, whatever its types say.
      onData: (listener: (bytes: Buffer) => void) =>
        void pty.onData((bytes) => listener(bytes as unknown as Buffer)),
      onExit: (listener: (exit: PtyExit) => void) =>
        void pty.onExit(({ exitCode }) => listener({ code: exitCode, signal: null })),
    } as Pty;
  });
  let bare = 0;
  for (let i = 0; i < runs; i++) {
    const { bytes } = await readBare(TAIL_COMMAND);
    if (bytes !== TAIL_BYTES) bare++;
  }
  return { naive_lost: naive, pty_lost: bare };
}
