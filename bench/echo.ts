import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { openBare } from './bare-pty.js';
import { atMost, bench, quantile } from './harness.js';
import { keys } from './key-echo.js';
import { startServer } from './server-process.js';
import { TerminalClient } from './terminal-client.js';
import { LOCAL_ENV, QUIET_SHELL } from './tty-server.js';

/**
 * An interactive shell, whose readline answers each key, on an otherwise idle server. `p50_ms` and `p99_ms` are of keys
 * in sequence, `paced_*` of keys 3 to 8 ms apart: then both cores fall asleep between keys, and waking them is a good
 * part of what is measured, as the naive relay in the same run shows.
 */
await bench('echo', async (context) => {
  const server = await startServer(context);
  const relay = await startServer(context, { file: 'naive-relay.js' });
  const samples = {
    ours: [] as number[],
    naive: [] as number[],
    oursPaced: [] as number[],
    naivePaced: [] as number[],
    bare: [] as number[],
  };
  const ours = async (): Promise<void> => {
    const client = await TerminalClient.connect({ url: (await server.open()).url });
    await client.expect('$ ');
    await keys(client.socket, 60, 0);
    samples.ours.push(...(await keys(client.socket, 1000, 0)));
    samples.oursPaced.push(...(await keys(client.socket, 500, 3)));
    await client.close();
  };
  const naive = async (): Promise<void> => {
    const socket = new WebSocket((await relay.open(QUIET_SHELL)).url, { perMessageDeflate: false });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    await sleep(200);
    await keys(socket, 60, 0);
    samples.naive.push(...(await keys(socket, 1000, 0)));
    samples.naivePaced.push(...(await keys(socket, 500, 3)));
    socket.close();
  };
  /** The same shell on a PTY of this process. */
  const bare = async (): Promise<void> => {
    const pty = openBare(QUIET_SHELL, LOCAL_ENV);
    let arrived: () => void = () => undefined;
    pty.onData(() => arrived());
    const echo = (text: string): Promise<number> =>
      new Promise((resolve) => {
        const began = performance.now();
        arrived = () => resolve(performance.now() - began);
        pty.write(text);
      });
    await new Promise<void>((resolve) => (arrived = resolve));
    await sleep(200);
    for (let i = 0; i < 1060; i++) {
      const took = await echo('x');
      if (i >= 60) samples.bare.push(took);
      if (i % 60 !== 59) continue;
      pty.write('\x15');
      await sleep(20);
    }
    await pty.close();
  };
  const rounds = context.rounds(7, 3);
  for (let i = 0; i < rounds; i++) {
    for (const run of i % 2 === 0 ? [ours, naive, bare] : [bare, naive, ours]) await run();
    const shown = Object.entries(samples).map(([name, all]) => `${name} ${quantile(all, 0.5).toFixed(3)}`);
    context.say(`round ${i + 1} of ${rounds}: p50 so far ${shown.join(', ')} ms`);
  }
  const p50 = quantile(samples.ours, 0.5);
  const p99 = quantile(samples.ours, 0.99);
  return {
    figures: {
      p50_ms: p50,
      p99_ms: p99,
      min_ms: Math.min(...samples.ours),
      max_ms: Math.max(...samples.ours),
      paced_p50_ms: quantile(samples.oursPaced, 0.5),
      paced_p99_ms: quantile(samples.oursPaced, 0.99),
      samples: samples.ours.length,
    },
    baseline: {
      naive_p50_ms: quantile(samples.naive, 0.5),
      naive_p99_ms: quantile(samples.naive, 0.99),
      pty_p50_ms: quantile(samples.bare, 0.5),
      pty_p99_ms: quantile(samples.bare, 0.99),
      naive_paced_p50_ms: quantile(samples.naivePaced, 0.5),
      naive_paced_p99_ms: quantile(samples.naivePaced, 0.99),
    },
    ratios: { ours_to_naive_p50: p50 / quantile(samples.naive, 0.5) },
    gates: [atMost('echo p50, ms', p50, 0.35), atMost('echo p99, ms', p99, 5)],
  };
});
