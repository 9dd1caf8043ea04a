import { createHash } from 'node:crypto';
import { startTtyServer, type LocalTtyServer } from '../../bench/tty-server.js';
import { TerminalClient } from '../support/terminal-client.js';

let server: LocalTtyServer;

beforeAll(async () => {
  server = await startTtyServer();
});

afterAll(() => server.close());

describe('a shell over the native protocol', () => {
  it('echoes, runs lines, follows the size and says its exit status behind the last byte', async () => {
    const terminal = server.open();
    const client = await TerminalClient.connect({ url: await terminal.url(), cols: 100, rows: 30 });
    expect(client.frames[0]).toMatchObject({
      t: 'attached',
      v: 1,
      seq: 0,
      driver: true,
      cols: 100,
      rows: 30,
    });
    await client.expect('$ ');
    client.line('stty size');
    await client.expect('30 100\r\n');
    client.resize(132, 43);
    await client.frame('size', (f) => f['cols'] === 132 && f['rows'] === 43);
    client.line('stty size');
    await client.expect('43 132\r\n');
    client.line('printf bye; exit 7');
    const exit = await client.frame('exit');
    expect(exit).toMatchObject({ code: 7, signal: null, reason: 'exited', seq: client.seq });
    expect(client.text).toMatch(/bye(exit\r\n)?$/);
    expect(await client.closed).toEqual({ code: 1000, reason: 'exited' });
    expect(client.frames.findLast((f) => f.t === 'input')).toMatchObject({ state: 'open' });
  });

  it('goes on byte for byte after the socket was lost', async () => {
    const terminal = server.open();
    const first = await TerminalClient.connect({ url: await terminal.url() });
    await first.expect('$ ');
    first.line('seq 1 20000; echo all-$((1+1))');
    await first.expect('\n5000\r\n');
    await first.drop();
    const before = Buffer.concat(first.chunks);
    const second = await TerminalClient.connect({ url: await terminal.url(), resume: first.position });
    expect(second.frames[0]).toMatchObject({
      t: 'attached',
      mode: 'delta',
      seq: before.length,
      driver: true,
    });
    await second.expect('all-2');
    const text = Buffer.concat([before, ...second.chunks]).toString();
    const numbers = Array.from({ length: 20000 }, (_, i) => `${i + 1}\r\n`).join('');
    expect(text.includes(`\r${numbers}all-2`)).toBe(true);
    await second.close();
  });

  it('rebuilds seq 1 400000 identically through disconnects every 50 to 500 ms', async () => {
    const lines = Array.from({ length: 400_000 }, (_, i) => `${i + 1}\r\n`).join('');
    const wanted = createHash('sha256').update(lines).digest('hex');
    // In 40 floods with a pause behind each, so that there is something to disconnect for seconds.
    const script = 'for i in $(seq 0 39); do seq $((i*10000+1)) $((i*10000+10000)); sleep 0.1; done';
    const terminal = server.open({ argv: ['/bin/sh', '-c', script] });
    const parts: Buffer[] = [];
    let drops = 0;
    let seed = 20_040;
    const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
    let client = await TerminalClient.connect({ url: await terminal.url() });
    for (;;) {
      const ended = client.frame('exit', undefined, 30_000).then(
        () => 'exit' as const,
        () => 'drop' as const,
      );
      const timer = new Promise<'drop'>((resolve) => setTimeout(() => resolve('drop'), 50 + random() * 450));
      const what = await Promise.race([ended, timer]);
      if (what === 'exit') break;
      await client.drop();
      parts.push(...client.chunks);
      drops++;
      client = await TerminalClient.connect({ url: await terminal.url(), resume: client.position });
      expect(client.frames[0]).toMatchObject({ mode: 'delta' });
    }
    parts.push(...client.chunks);
    expect(drops).toBeGreaterThan(5);
    expect(client.gaps).toEqual([]);
    expect(createHash('sha256').update(Buffer.concat(parts)).digest('hex')).toBe(wanted);
  }, 60_000);

  it('is silent soon after Ctrl-C in a flood', async () => {
    const client = await TerminalClient.connect({ url: await server.open().url() });
    await client.expect('$ ');
    client.collect = false;
    client.line('yes');
    await client.until(() => client.bytes > 3_000_000, 10_000, 'three megabytes');
    const began = performance.now();
    client.collect = true;
    client.type('\x03');
    await client.expect('^C');
    await client.expect('$ ');
    expect(performance.now() - began).toBeLessThan(1000);
    client.line('echo quiet-$?');
    await client.expect('quiet-130');
    await client.close();
  });

  it('takes a mebibyte of input whole, paced by what it accepted', async () => {
    const size = 1024 * 1024;
    const argv = ['/bin/sh', '-c', `stty raw -echo; echo ready; head -c ${size} | sha256sum`];
    const client = await TerminalClient.connect({ url: await server.open({ argv }).url() });
    await client.expect('ready');
    const paste = Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 7) & 0xff));
    for (let at = 0; at < size; at += 32_768) {
      client.type(paste.subarray(at, at + 32_768));
      const sent = at + 32_768;
      await client.until(() => client.accepted >= sent - 32_768, 5000, 'input to be accepted');
    }
    await client.expect(createHash('sha256').update(paste).digest('hex'));
    expect(client.frames.some((f) => f.t === 'error')).toBe(false);
  });

  it('shows a second page of the same learner the same terminal, which never slows the first', async () => {
    const terminal = server.open();
    const driver = await TerminalClient.connect({ url: await terminal.url() });
    await driver.expect('$ ');
    const second = await TerminalClient.connect({ url: await terminal.url(), acks: true });
    expect(second.frames[0]).toMatchObject({ mode: 'replay', driver: false });
    await second.frame('replay-end');
    second.acks = false;
    driver.collect = second.collect = false;
    driver.line('seq 1 600000; echo all-$((1+1))');
    await driver.until(() => driver.bytes > 4_000_000, 20_000, 'four megabytes');
    expect(second.gaps).toEqual([]);
    second.acks = true;
    second.ack();
    await second.frame('gap');
    await driver.close();
    // Whoever is left drives, and is told so.
    expect(await second.frame('driver')).toMatchObject({ aid: second.aid, writable: true });
    await second.close();
  });
});
