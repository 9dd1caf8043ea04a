import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { atMost, bench, rssOf, type BenchContext } from './harness.js';
import { startServer } from './server-process.js';
import { TerminalClient } from './terminal-client.js';

const SESSIONS = 20;
const NAIVE_SESSIONS = 4;
const NAIVE_SECONDS = 5;

/** Readers that stop: half of them acknowledge nothing, half do not even read their socket. */
await bench('stall', async (context) => {
  const server = await startServer(context);
  const seconds = context.quick ? 15 : 60;
  // One session that worked and is gone: what the process needs once is not counted.
  const warm = await TerminalClient.connect({ url: (await server.open(['/usr/bin/seq', '300000'])).url });
  await warm.frame('exit');
  await sleep(500);
  const before = rssOf(server.pid);
  const clients: TerminalClient[] = [];
  for (let i = 0; i < SESSIONS; i++) {
    const client = await TerminalClient.connect({ url: (await server.open(['/usr/bin/yes'])).url });
    client.acks = false;
    client.collect = false;
    if (i % 2 === 1) client.socket.pause();
    clients.push(client);
  }
  let worst = 0;
  for (let second = 1; second <= seconds; second++) {
    await sleep(1000);
    worst = Math.max(worst, rssOf(server.pid) - before);
    if (second % 5 === 0)
      context.say(`${second} s: ${(worst / SESSIONS / 1024).toFixed(0)} KiB a session at most`);
  }
  const perSession = worst / SESSIONS;
  for (const client of clients) await client.drop();
  const naive = await naiveGrowth(context);
  return {
    baseline: { naive_rss_growth_bytes_per_session: naive, naive_seconds: NAIVE_SECONDS },
    figures: { rss_growth_bytes_per_session: perSession, sessions: SESSIONS, seconds },
    gates: [atMost('growth of memory a session, bytes', perSession, 2 * 1024 ** 2)],
  };
});

/** Without flow control the memory grows for as long as the reader stands still: a few sessions, a few seconds. */
async function naiveGrowth(context: BenchContext): Promise<number> {
  const relay = await startServer(context, { file: 'naive-relay.js' });
  const before = rssOf(relay.pid);
  const sockets: WebSocket[] = [];
  for (let i = 0; i < NAIVE_SESSIONS; i++) {
    const socket = new WebSocket((await relay.open(['/usr/bin/yes'])).url, { perMessageDeflate: false });
    socket.on('error', () => undefined);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    socket.pause();
    sockets.push(socket);
  }
  await sleep(NAIVE_SECONDS * 1000);
  const growth = (rssOf(relay.pid) - before) / NAIVE_SESSIONS;
  for (const socket of sockets) socket.terminate();
  context.say(`naive relay: ${(growth / 1024 ** 2).toFixed(0)} MiB a session after ${NAIVE_SECONDS} s`);
  return growth;
}
