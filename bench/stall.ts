import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, bench, rssOf } from './harness.js';
import { startServer } from './server-process.js';
import { TerminalClient } from './terminal-client.js';

const SESSIONS = 20;

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
  return {
    figures: { rss_growth_bytes_per_session: perSession, sessions: SESSIONS, seconds },
    gates: [atMost('growth of memory a session, bytes', perSession, 2 * 1024 ** 2)],
  };
});
