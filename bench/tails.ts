import { spawnPty } from '../src/terminal/pty/node-pty.js';
import type { Pty } from '../src/terminal/pty/pty.js';
import { atMost, bench, type BenchContext, type Gate } from './harness.js';
import { runtimePath, startRuntime } from './runtime-shell.js';
import { TAIL_COMMAND, tailFlaw } from './tail-run.js';
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
  return { figures, gates };
});
