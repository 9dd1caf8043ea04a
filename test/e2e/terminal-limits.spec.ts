import { once } from 'node:events';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { startTtyServer, type LocalTtyServer, type OpenTerminal } from '../../bench/tty-server.js';
import { SkipClock } from '../support/skip-clock.js';
import { TerminalClient } from '../support/terminal-client.js';

const VIEWER = { userId: 'usr_v', userName: 'V.', kind: 'instructor', role: 'view' } as const;
const YES = ['/usr/bin/yes'];

let clock: SkipClock;
let server: LocalTtyServer;

beforeEach(async () => {
  clock = new SkipClock();
  server = await startTtyServer({ clock, rateLimits: true });
});

afterEach(() => server.close());

async function attach(terminal: OpenTerminal, claims: object = {}): Promise<TerminalClient> {
  return TerminalClient.connect({ url: await terminal.url(claims) });
}

async function shell(claims: object = {}): Promise<TerminalClient> {
  const client = await attach(server.open(), claims);
  await client.expect('$ ');
  return client;
}

/** Gives the sockets a turn, so that what the clock set off has reached them. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

/** Time passes, in steps that let peers answer the server's pings. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 20_000) {
    clock.skip(Math.min(left, 20_000));
    await settle();
  }
}

describe('time', () => {
  it('ends a ticket after 30 s', async () => {
    const url = await server.open().url();
    clock.skip(30_000);
    await expect(TerminalClient.open({ url })).rejects.toThrow('HTTP 401');
  });

  it('closes 4400 a socket that says no hello in five seconds, and 1008 one of ttyd', async () => {
    const terminal = server.open();
    const silent = await TerminalClient.open({ url: await terminal.url() });
    const page = new WebSocket(`ws://127.0.0.1:${server.port}/v1/tty/ttyd/${terminal.id}/ws`, 'tty');
    await once(page, 'open');
    clock.skip(5000);
    expect(await silent.closed).toEqual({ code: 4400, reason: 'no hello in time' });
    expect((await once(page, 'close'))[0]).toBe(1008);
  });

  it('drops a peer that answers no ping for a minute; the terminal goes on', async () => {
    const terminal = server.open();
    const client = await attach(terminal);
    await client.expect('$ ');
    // A dead network: nothing more is read, so nothing is answered.
    client.socket.pause();
    for (let i = 0; i < 4; i++) {
      clock.skip(25_000);
      await settle();
    }
    client.socket.resume();
    expect((await client.closed).code).toBe(1006);
    expect([terminal.session.state, terminal.session.attachments.size]).toEqual(['running', 0]);
  });

  it('ends a command that nobody has attached to for ten minutes, and one that is twelve hours old', async () => {
    const left = server.open();
    const client = await attach(left);
    await client.expect('$ ');
    await client.close();
    await settle();
    const ends = (terminal: OpenTerminal) =>
      new Promise<string>((resolve) => {
        const look = setInterval(() => {
          if (!terminal.session.exit) return;
          clearInterval(look);
          resolve(terminal.session.exit.reason);
        }, 5);
      });
    clock.skip(600_000);
    expect(await ends(left)).toBe('idle');
    const old = server.open({ graceMs: 1e9 });
    await old.session.ensureStarted();
    clock.skip(12 * 3_600_000);
    expect(await ends(old)).toBe('limit');
  });

  it('keeps an exited terminal five minutes for whoever comes late, then it is gone', async () => {
    const terminal = server.open({ argv: ['/bin/echo', 'bye'] });
    await (
      await attach(terminal)
    ).closed;
    const late = await attach(terminal);
    expect(await late.frame('exit')).toMatchObject({ code: 0 });
    await late.expect('bye');
    clock.skip(300_000);
    const waiting = await TerminalClient.open({ url: await terminal.url() });
    waiting.hello();
    expect((await waiting.closed).code).toBe(4410);
  });

  it('keeps what a lost driver has not seen for a minute; later one gap names exactly what is missing', async () => {
    const terminal = server.open({ argv: ['/usr/bin/seq', '1', '400000'] });
    const first = await attach(terminal);
    first.acks = false;
    await first.until(() => first.bytes >= 256 * 1024, 5000, 'a full window');
    await first.drop();
    const { position } = first;
    await settle();
    expect(terminal.session.exit).toBeNull();
    clock.skip(61_000);
    while (!terminal.session.exit) await settle();
    const second = await TerminalClient.connect({ url: await terminal.url(), resume: position });
    await second.frame('exit');
    expect(second.gaps).toEqual([{ from: position.seq, to: second.frames[0]!['seq'] }]);
    const text = Buffer.concat(second.chunks).toString();
    const all = Array.from({ length: 400_000 }, (_, i) => `${i + 1}\r\n`).join('');
    expect(all.endsWith(text)).toBe(true);
    expect(second.frames[0]!['seq']).toBe(all.length - text.length);
  });
});

describe('a reader that stops', () => {
  it('is closed 4408 after two minutes without an acknowledgement, and can resume', async () => {
    const terminal = server.open({ argv: YES });
    const client = await attach(terminal);
    client.acks = false;
    await client.until(() => client.bytes >= 256 * 1024, 5000, 'a full window');
    await pass(119_000);
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
    await pass(2000);
    expect((await client.closed).code).toBe(4408);
    await terminal.session.end('killed');
  });

  it('by asking ttyd’s way for a pause and never comes back is closed 4408; one that reads no ping is dropped', async () => {
    const terminal = server.open({ argv: YES });
    const raw = new WebSocket(await terminal.url());
    await once(raw, 'open');
    raw.pause();
    const other = server.open({ argv: YES });
    const page = new WebSocket(`ws://127.0.0.1:${server.port}/v1/tty/ttyd/${other.id}/ws`, 'tty');
    await once(page, 'open');
    page.send(JSON.stringify({ AuthToken: await other.ticket(), columns: 80, rows: 24 }));
    await once(page, 'message');
    page.send('2');
    const full = () => [...terminal.session.attachments].some((a) => a.buffered >= 256 * 1024);
    while (!full() || ![...other.session.attachments].some((a) => a.peerPaused)) await settle();
    const closed = once(page, 'close');
    const rawClosed = once(raw, 'close');
    await pass(121_000);
    expect((await closed)[0]).toBe(4408);
    raw.resume();
    expect((await rawClosed)[0]).toBe(1006);
    expect(terminal.session.state).toBe('running');
    await Promise.all([terminal, other].map(({ session }) => session.end('killed')));
  });
});

describe('too many', () => {
  it('attachments of a terminal, of a user and of the server are closed 4429 and 1013', async () => {
    const terminal = server.open();
    const held = await Promise.all(Array.from({ length: 16 }, () => attach(terminal)));
    const one = await TerminalClient.open({ url: await terminal.url() });
    one.hello();
    expect(await one.closed).toEqual({ code: 4429, reason: 'too many attachments' });
    const other = server.open();
    held.push(...(await Promise.all(Array.from({ length: 16 }, () => attach(other)))));
    const third = await TerminalClient.open({ url: await server.open().url() });
    third.hello();
    expect((await third.closed).code).toBe(4429);
    await Promise.all(held.map((client) => client.close()));
    Object.defineProperty(server.registry, 'attachments', { value: 2000 });
    const shed = await TerminalClient.open({ url: await terminal.url() });
    shed.hello();
    expect(await shed.closed).toEqual({ code: 1013, reason: 'overloaded' });
  });

  it('sockets without a ticket are refused with 429 before the 101, eight from one address', async () => {
    const url = `ws://127.0.0.1:${server.port}/v1/tty`;
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, () =>
        TerminalClient.open({ url }).then(
          (client) => client,
          (error: Error) => error.message,
        ),
      ),
    );
    const open = outcomes.filter((outcome) => typeof outcome !== 'string');
    expect(open).toHaveLength(8);
    expect(new Set(outcomes.filter((outcome) => typeof outcome === 'string'))).toEqual(new Set(['HTTP 429']));
    clock.skip(5000);
    for (const client of open) expect((await client.closed).code).toBe(4400);
  });

  it('control frames in a second are answered, then closed 4429; pings 1008', async () => {
    const client = await shell();
    for (let i = 0; i < 160; i++) client.send({ t: 'resize', cols: 80 + (i % 9), rows: 24 });
    expect(await client.frame('error')).toMatchObject({ code: 'rate', fatal: false });
    expect((await client.closed).code).toBe(4429);
    const pinger = await shell();
    for (let i = 0; i < 40; i++) pinger.send({ t: 'ping', id: i });
    expect((await pinger.closed).code).toBe(1008);
  });

  it('bytes of input are held in the socket and arrive whole', async () => {
    const size = 3 * 1024 * 1024;
    const argv = ['/bin/sh', '-c', `stty raw -echo; echo ready; head -c ${size} | wc -c`];
    const terminal = server.open({ argv });
    const raw = new WebSocket(await terminal.url());
    let text = '';
    raw.on('message', (data) => (text += (data as Buffer).toString()));
    while (!text.includes('ready')) await once(raw, 'message');
    const began = performance.now();
    for (let at = 0; at < size; at += 65_536) raw.send(Buffer.alloc(65_536, 'x'));
    await once(raw, 'close');
    expect(text).toContain(String(size));
    // 1 MiB/s with a burst of a quarter.
    expect(performance.now() - began).toBeGreaterThan(2000);
  });

  it('bytes for a command that never reads are refused beyond the queue, and discarded after 30 s', async () => {
    const argv = ['/bin/sh', '-c', 'stty raw -echo; echo ready; exec sleep 1000'];
    const terminal = server.open({ argv });
    const client = await attach(terminal);
    await client.expect('ready');
    for (let i = 0; i < 12; i++) client.type(Buffer.alloc(32_768, 'x'));
    expect(await client.frame('error')).toMatchObject({ code: 'input_overflow', fatal: false });
    expect(client.accepted).toBeLessThan(64 * 1024);
    // The queue keeps the machine's own time.
    expect(await client.frame('error', (f) => f['code'] === 'input_stalled', 40_000)).toMatchObject({
      fatal: false,
    });
    await terminal.session.end('killed');
  }, 60_000);

  it('frames of a watcher are dropped, and the socket closed 1008', async () => {
    const terminal = server.open();
    const learner = await attach(terminal);
    await learner.expect('$ ');
    const watcher = await attach(terminal, VIEWER);
    for (let i = 0; i < 110; i++) watcher.type('x');
    expect((await watcher.closed).code).toBe(1008);
    expect(watcher.frames.filter((f) => f.t === 'error')).toHaveLength(1);
    learner.line('echo clean-$((1+1))');
    expect(await learner.expect('clean-2')).not.toContain('xx');
  });
});

describe('frames of a wrong kind', () => {
  it.each([
    ['resize', { cols: 1.5, rows: 24 }],
    ['resize', { cols: null, rows: 24 }],
    ['ack', { seq: 'NaN' }],
    ['ack', { seq: -1 }],
    ['signal', { sig: 'SEGV' }],
    ['ping', { id: {} }],
    ['replayed', {}],
  ])('%s %j is answered bad_message and dropped', async (t, fields) => {
    const client = await shell();
    client.send({ t, ...fields });
    expect(await client.frame('error')).toMatchObject({ code: 'bad_message', fatal: false });
    client.line('echo alive-$((1+1))');
    await client.expect('alive-2');
  });

  it.each([
    ['an array', '[1]'],
    ['a scalar', '"hello"'],
    ['not JSON', '{"t":'],
    ['too long', JSON.stringify({ t: 'ping', id: 1, pad: 'x'.repeat(17_000) })],
  ])('text that is %s closes 4400', async (_name, text) => {
    const client = await shell();
    client.socket.send(text);
    expect((await client.closed).code).toBe(4400);
  });

  it('unknown fields are ignored, also those that would change a prototype', async () => {
    const client = await shell();
    client.socket.send('{"t":"ping","id":3,"__proto__":{"cols":1},"extra":true}');
    expect(await client.frame('pong')).toMatchObject({ id: 3 });
    expect(({} as { cols?: number }).cols).toBeUndefined();
  });

  it('an acknowledgement below the last is ignored', async () => {
    const client = await shell();
    client.ack();
    client.send({ t: 'ack', seq: 0 });
    client.line('echo alive-$((1+1))');
    await client.expect('alive-2');
  });

  it('input before the replay is confirmed is dropped and answered', async () => {
    const terminal = server.open();
    const first = await attach(terminal);
    first.line('echo once-$((1+1))');
    await first.expect('once-2');
    const second = await TerminalClient.open({ url: await terminal.url() });
    second.hello();
    second.type('too early\r');
    expect(await second.frame('error')).toMatchObject({ code: 'locked' });
    await second.frame('replay-end');
    expect(first.text).not.toContain('too early');
  });

  it('an attachment of somebody else is not replaced by naming it', async () => {
    const terminal = server.open();
    const first = await attach(terminal);
    const resume = { ...first.position };
    await TerminalClient.connect({ url: await terminal.url({ ...VIEWER }), resume });
    first.line('echo mine-$((1+1))');
    await first.expect('mine-2');
  });
});

describe('a shell that cannot be started', () => {
  it('closes 1011', async () => {
    const terminal = server.open({ spawn: () => Promise.reject(new Error('no more terminals')) });
    const client = await TerminalClient.open({ url: await terminal.url() });
    client.hello();
    expect(await client.closed).toEqual({ code: 1011, reason: 'the shell could not be started' });
  });
});

describe('a drain', () => {
  it('answers new upgrades with 503 and when to come back', async () => {
    const url = new URL(await server.open().url());
    await server.tty.drain();
    const socket = connect(server.port, '127.0.0.1');
    socket.write(
      `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\r\n\r\n',
    );
    let text = '';
    for await (const bytes of socket) text += (bytes as Buffer).toString();
    expect(text).toMatch(/^HTTP\/1.1 503 /);
    expect(text).toContain('Retry-After: 1');
  });
});
