import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';
import { TerminalClient } from './terminal-client.js';
import { readBare } from './bare-pty.js';
import { atLeast, bench, median, type Gate } from './harness.js';
import { startServer, type ServerProcess } from './server-process.js';

/** 64 printable characters and a line feed: what a build prints. */
function textOf(bytes: number): Buffer {
  const line = `${'the quick brown fox jumps over the lazy dog 0123456789 abcdefgh'.padEnd(64)}\n`;
  return Buffer.alloc(bytes, line);
}

async function ours(server: ServerProcess, argv: string[]): Promise<number> {
  const { url } = await server.open(argv);
  const began = performance.now();
  const client = await TerminalClient.connect({ url });
  client.collect = false;
  const exit = await client.frame('exit', undefined, 120_000);
  const seconds = (performance.now() - began) / 1000;
  if (exit['seq'] !== client.seq) throw new Error(`${client.seq} bytes came of ${String(exit['seq'])}`);
  return client.bytes / 1e6 / seconds;
}

async function naive(server: ServerProcess, argv: string[]): Promise<number> {
  const { url } = await server.open(argv);
  const began = performance.now();
  let bytes = 0;
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on('message', (data) => {
    bytes += (data as Buffer).length;
  });
  await new Promise((resolve, reject) => socket.once('close', resolve).once('error', reject));
  return bytes / 1e6 / ((performance.now() - began) / 1000);
}

async function bare(argv: string[]): Promise<number> {
  const { bytes, seconds } = await readBare(argv);
  return bytes / 1e6 / seconds;
}

await bench('flood', async (context) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'wheelhouse-flood-'));
  context.defer(() => rmSync(folder, { recursive: true }));
  const size = context.quick ? 30e6 : 100e6;
  const file = path.join(folder, 'text');
  writeFileSync(file, textOf(size));
  const argv = ['/bin/cat', file];
  const server = await startServer(context);
  const relay = await startServer(context, { file: 'naive-relay.js' });

  const samples = { ours: [] as number[], naive: [] as number[], bare: [] as number[] };
  const run = {
    ours: async () => void samples.ours.push(await ours(server, argv)),
    naive: async () => void samples.naive.push(await naive(relay, argv)),
    bare: async () => void samples.bare.push(await bare(argv)),
  };
  const rounds = context.rounds(7, 3);
  for (let i = 0; i < rounds; i++) {
    const order = ['ours', 'naive', 'bare'] as const;
    for (const name of i % 2 === 0 ? order : order.toReversed()) await run[name]();
    const shown = Object.entries(samples).map(([name, values]) => `${name} ${values.at(-1)?.toFixed(1)}`);
    context.say(`round ${i + 1} of ${rounds}: ${shown.join(', ')} MB/s`);
  }
  const pairs = (other: number[]) => median(samples.ours.map((value, i) => value / (other[i] ?? Number.NaN)));
  const rate = median(samples.ours);
  const toPty = pairs(samples.bare);
  const gates: Gate[] = [
    rate >= 40
      ? atLeast('MB/s to the client', rate, 40)
      : atLeast('share of the bare kernel PTY (MB/s to the client is below 40)', toPty, 0.7),
    atLeast('ratio to the naive relay', pairs(samples.naive), 0.9),
  ];
  return {
    figures: { mb_per_s: rate, min: Math.min(...samples.ours), max: Math.max(...samples.ours) },
    baseline: { naive_mb_per_s: median(samples.naive), pty_mb_per_s: median(samples.bare) },
    ratios: { ours_to_pty: toPty, ours_to_naive: pairs(samples.naive) },
    gates,
  };
});
