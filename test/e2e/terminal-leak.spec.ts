import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { startTtyServer } from '../../bench/tty-server.js';
import { SkipClock } from '../support/skip-clock.js';
import { TerminalClient } from '../support/terminal-client.js';

/** Descriptors of this process, and how many of them are ends of terminals. */
function descriptors(): { all: number; terminals: number } {
  const targets = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
  return { all: targets.length, terminals: targets.filter((to) => /^\/dev\/(ptmx|pts\/)/.test(to)).length };
}

/** Processes below this one, zombies included. */
function children(): number {
  return readdirSync('/proc').filter((name) => {
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'utf8');
      return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]) === process.pid;
    } catch {
      return false;
    }
  }).length;
}

describe('500 terminals', () => {
  it('leave no descriptor, no pseudo-terminal, no process and no timer behind', async () => {
    const clock = new SkipClock();
    const server = await startTtyServer({ clock });
    const count = () => ({ ...descriptors(), children: children(), timers: clock.pending });

    /** One life: attached by two formats, flooded, taken over or resized, ended in one of four ways. */
    const live = async (i: number): Promise<void> => {
      const terminal = server.open();
      const client = await TerminalClient.connect({ url: await terminal.url() });
      await client.expect('$ ');
      const player = await TerminalClient.connect({
        url: await terminal.url({ userId: 'usr_v', kind: 'instructor', role: 'view', takeover: true }),
      });
      if (i % 3 === 0) player.send({ t: 'take' });
      client.resize(90 + (i % 20), 30);
      if (i % 4 === 0) client.line('seq 1 20000; exit');
      else if (i % 4 === 1) client.line('exit 3');
      else if (i % 4 === 2) await client.drop();
      if (i % 3 === 0) player.send({ t: 'release' });
      if (i % 4 > 1) await terminal.session.end('killed');
      await Promise.all([client.closed, player.closed]);
      if (!terminal.session.exit) await terminal.session.end('killed');
    };

    const batch = async (from: number): Promise<void> => {
      await Promise.all(Array.from({ length: 10 }, (_, i) => live(from + i)));
      // What was kept for whoever comes late.
      clock.skip(300_000);
    };
    /** Sockets and children end in the turns that follow: what is left once nothing changes any more. */
    const rest = async () => {
      for (let same = 0, last = ''; same < 15;) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        const now = JSON.stringify(count());
        same = now === last ? same + 1 : 0;
        last = now;
      }
      return count();
    };
    await batch(0);
    const before = await rest();
    for (let from = 10; from < 510; from += 10) await batch(from);
    const after = await rest();
    // What this process opened before may close meanwhile; of 500 terminals, one descriptor would be one too many.
    expect(after.all).toBeLessThanOrEqual(before.all);
    expect(after).toEqual({ ...before, all: after.all });
    expect(server.registry.size).toBe(0);
    await server.close();
  }, 180_000);
});
