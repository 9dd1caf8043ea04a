import { rssOf } from '../../bench/harness.js';
import { prepareAttack } from '../../bench/hostile-clients.js';
import { cpuOf } from '../../bench/process-cpu.js';
import { startServer } from '../../bench/server-process.js';
import { ROOT } from '../../src/config/root.js';
import { TerminalClient } from '../support/terminal-client.js';

describe('clients that mean harm', () => {
  it('cost less than a tenth of a core and 2 MiB each, get their codes, and leave others alone', async () => {
    const undos: (() => Promise<unknown> | void)[] = [];
    // The compiled server, in a process of its own, so that its time and memory can be told from the clients'.
    const file = `file://${ROOT}/dist/bench/tty-server-main.js`;
    const server = await startServer({ defer: (undo) => undos.push(undo) }, { file, args: ['--limits'] });
    try {
      const learner = await TerminalClient.connect({ url: (await server.open()).url });
      await learner.expect('$ ');
      const attack = await prepareAttack(server);
      const [cpu, rss, began] = [cpuOf(server.pid), rssOf(server.pid), performance.now()];
      await attack.strike();
      while (performance.now() - began < 10_000) {
        learner.line('echo alive-$((1+1))');
        await learner.expect('alive-2');
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const seconds = (performance.now() - began) / 1000;
      expect((cpuOf(server.pid) - cpu) / seconds).toBeLessThan(0.1);
      expect((rssOf(server.pid) - rss) / attack.sessions).toBeLessThan(2 * 1024 ** 2);
      expect(attack.codes).toEqual({
        resizer: { 4429: 3 },
        'wrong frames': { 4400: 4, 1009: 1 },
        '200 sockets': { 429: 192, 4400: 8 },
      });
      await attack.stop();
      await learner.close();
    } finally {
      for (const undo of undos) await undo();
    }
  }, 60_000);
});
