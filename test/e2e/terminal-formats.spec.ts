import { Exec, KubeConfig, type V1Status } from '@kubernetes/client-node';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { WebSocket } from 'ws';
import { startTtyServer, type LocalTtyServer, type OpenTerminal } from '../../bench/tty-server.js';
import { TerminalClient } from '../support/terminal-client.js';

const DIAZ = {
  userId: 'usr_diaz',
  userName: 'R. Diaz',
  kind: 'instructor',
  role: 'view',
  takeover: true,
} as const;

/** Sizes that come close together are coalesced, so the second may be 50 ms late. */
const untilSize = (size: string) => `while [ "$(stty size)" != "${size}" ]; do :; done; stty size`;

let server: LocalTtyServer;

beforeAll(async () => {
  server = await startTtyServer();
});

afterAll(() => server.close());

/** A socket that keeps what came, as bytes, and can be waited on. */
class Listener {
  readonly frames: { data: Buffer; isBinary: boolean }[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data, isBinary) => this.frames.push({ data: data as Buffer, isBinary }));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
  }

  static async open(url: string, protocol?: string, headers: Record<string, string> = {}): Promise<Listener> {
    const listener = new Listener(new WebSocket(url, protocol ?? [], { headers, perMessageDeflate: false }));
    await once(listener.socket, 'open');
    return listener;
  }

  /** Everything behind a first byte of this value. */
  payload(letter: number): Buffer {
    return Buffer.concat(
      this.frames.filter(({ data }) => data[0] === letter).map(({ data }) => data.subarray(1)),
    );
  }

  async until(done: () => boolean): Promise<void> {
    while (!done())
      await Promise.race([once(this.socket, 'message'), this.closed.then(() => assertOpen(done))]);
  }
}

function assertOpen(done: () => boolean): void {
  if (!done()) throw new Error('the socket closed before what was waited for came');
}

/** ttyd's own page, frame by frame: a JSON object first, `0` input, `1` sizes, `2` and `3` around its watermarks. */
class TtydPage extends Listener {
  static async load(terminal: OpenTerminal, token?: string): Promise<TtydPage> {
    const url = `ws://127.0.0.1:${server.port}/v1/tty/ttyd/${terminal.id}/ws`;
    const page = new TtydPage(new WebSocket(url, ['tty']));
    await once(page.socket, 'open');
    const AuthToken = token ?? (await terminal.ticket());
    page.socket.send(Buffer.from(JSON.stringify({ AuthToken, columns: 100, rows: 30 })));
    return page;
  }

  get text(): string {
    return this.payload(0x30).toString();
  }

  get titles(): string[] {
    return this.frames.filter(({ data }) => data[0] === 0x31).map(({ data }) => data.subarray(1).toString());
  }

  type(text: string): void {
    this.socket.send(Buffer.from(`0${text}`));
  }

  control(letter: '2' | '3'): void {
    this.socket.send(Buffer.from(letter));
  }
}

describe('ttyd’s protocol', () => {
  it('sends title, preferences and output in the order its page waits for, all binary', async () => {
    const page = await TtydPage.load(server.open());
    await page.until(() => page.text.endsWith('$ '));
    expect(page.frames.map(({ data }) => String.fromCharCode(data[0]!)).join('')).toMatch(/^120+$/);
    expect(page.frames.every(({ isBinary }) => isBinary)).toBe(true);
    expect(page.frames[1]!.data.toString()).toBe('2{}');
    page.type('stty size\r');
    await page.until(() => page.text.includes('30 100\r\n'));
    page.socket.send(`1${JSON.stringify({ columns: 90, rows: 20 })}`);
    page.socket.send(`0${untilSize('20 90')}\r`);
    await page.until(() => page.text.includes('20 90\r\n'));
    page.type('exit 7\r');
    expect(await page.closed).toEqual({ code: 1000, reason: 'exit:7' });
  });

  it('really stops at PAUSE and loses no line of 400000 around it', async () => {
    const lines = 400_000;
    const page = await TtydPage.load(server.open({ argv: ['/usr/bin/seq', '1', String(lines)] }));
    page.control('3');
    await page.until(() => page.payload(0x30).length > 100_000);
    page.control('2');
    // What is in the socket already still arrives; silence cannot be awaited.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const paused = page.payload(0x30).length;
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(page.payload(0x30).length - paused).toBeLessThanOrEqual(256 * 1024);
    expect(paused).toBeLessThan(2_600_000);
    page.control('3');
    expect(await page.closed).toEqual({ code: 1000, reason: 'exit:0' });
    expect(page.text).toBe(Array.from({ length: lines }, (_, i) => `${i + 1}\r\n`).join(''));
  }, 60_000);

  it('closes 1008 for a bad token, for one of another terminal and for none, and starts nothing', async () => {
    const terminal = server.open();
    const other = server.open();
    for (const token of ['nonsense', '', await other.ticket()]) {
      const page = await TtydPage.load(terminal, token);
      expect((await page.closed).code).toBe(1008);
    }
    const wrong = await Listener.open(`ws://127.0.0.1:${server.port}/v1/tty/ttyd/${terminal.id}/ws`, 'tty');
    wrong.socket.send('not json');
    expect((await wrong.closed).code).toBe(1008);
    expect([terminal.session.state, other.session.state]).toEqual(['created', 'created']);
  });

  it('takes the ticket of the address, which its page hands on', async () => {
    const terminal = server.open();
    const url = `ws://127.0.0.1:${server.port}/v1/tty/ttyd/${terminal.id}/ws?ticket=${await terminal.ticket()}`;
    const page = new TtydPage(new WebSocket(url, ['tty']));
    await once(page.socket, 'open');
    page.socket.send(Buffer.from(JSON.stringify({ AuthToken: '', columns: 80, rows: 24 })));
    await page.until(() => page.text.endsWith('$ '));
    page.socket.close(1000);
  });

  it('tells its user in the title who watches and who drives', async () => {
    const terminal = server.open();
    const page = await TtydPage.load(terminal);
    await page.until(() => page.text.endsWith('$ '));
    const teacher = await TerminalClient.connect({ url: await terminal.url(DIAZ) });
    await page.until(() => page.titles.includes('shell - watched by R. Diaz'));
    teacher.send({ t: 'take' });
    await page.until(() => page.titles.includes('shell - R. Diaz drives'));
    page.type('echo no\r');
    teacher.line('echo yes-$((1+1))');
    await page.until(() => page.text.includes('yes-2'));
    expect(page.text).not.toContain('no');
    await teacher.close();
    await page.until(() => page.titles.at(-1) === 'shell');
    page.socket.close(1000);
  });

  it('closes 1000 at a shutdown, as its page would come back at once after any other code', async () => {
    const own = await startTtyServer();
    const terminal = own.open();
    const url = `ws://127.0.0.1:${own.port}/v1/tty/ttyd/${terminal.id}/ws`;
    const page = new TtydPage(new WebSocket(url, ['tty']));
    await once(page.socket, 'open');
    page.socket.send(JSON.stringify({ AuthToken: await terminal.ticket(), columns: 80, rows: 24 }));
    await page.until(() => page.text.endsWith('$ '));
    await own.close();
    expect((await page.closed).code).toBe(1000);
  });
});

describe('Kubernetes exec', () => {
  /** client-node's own exec, with the address of a terminal in place of that of a pod. */
  async function exec(terminal: OpenTerminal) {
    const url = await terminal.url();
    const config = new KubeConfig();
    const cluster = { name: 'x', server: `http://127.0.0.1:${server.port}`, skipTLSVerify: true };
    config.loadFromClusterAndUser(cluster, { name: 'x' });
    const client = new Exec(config);
    // Its own seam for tests: everything else is what it does with an API server.
    Object.assign((client as unknown as { handler: object }).handler, {
      socketFactory: (_uri: string, protocols: string[]) => new WebSocket(url, protocols),
    });
    const stdin = new PassThrough();
    const stdout = Object.assign(new PassThrough(), { rows: 33, columns: 111 });
    let text = '';
    stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
    const status = new Promise<V1Status>((resolve, reject) => {
      client.exec('ns', 'pod', 'c', 'sh', stdout, null, stdin, true, resolve).catch(reject);
    });
    const seen = async (wanted: string) => {
      while (!text.includes(wanted)) await once(stdout, 'data');
    };
    return { stdin, stdout, status, seen, text: () => text };
  }

  it('runs client-node’s exec: input, output, size and the exit status', async () => {
    const session = await exec(server.open());
    await session.seen('$ ');
    session.stdin.write(`${untilSize('33 111')}\n`);
    await session.seen('33 111\r\n');
    Object.assign(session.stdout, { rows: 20, columns: 90 });
    session.stdout.emit('resize');
    session.stdin.write(`${untilSize('20 90')}\n`);
    await session.seen('20 90\r\n');
    session.stdin.write('exit 5\n');
    expect(await session.status).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '5' }] },
    });
  });

  it('brings every byte before the status, which says Success for 0', async () => {
    const session = await exec(server.open({ argv: ['/usr/bin/seq', '1', '50000'] }));
    expect(await session.status).toMatchObject({ kind: 'Status', status: 'Success' });
    expect(session.text()).toBe(Array.from({ length: 50_000 }, (_, i) => `${i + 1}\r\n`).join(''));
  });

  it('speaks v4 as well, opens with an empty message, never uses channel 2 and replays nothing', async () => {
    const terminal = server.open();
    const first = await TerminalClient.connect({ url: await terminal.url() });
    first.line('echo before-$((1+1))');
    await first.expect('before-2');
    const client = await Listener.open(await terminal.url(), 'v4.channel.k8s.io');
    await client.until(() => client.frames.length > 0);
    expect([...client.frames[0]!.data]).toEqual([1]);
    client.socket.send(Buffer.from('\u0000echo now-$((1+1))\r'));
    await client.until(() => client.payload(1).includes('now-2'));
    expect(client.payload(1).toString()).not.toContain('before-2');
    // 255 is no channel of v4; unknown channels are ignored.
    for (const frame of [[255, 0, 9], [7, 1], [4, 0x7b], []]) client.socket.send(Buffer.from(frame));
    client.socket.send(Buffer.from('\u0000kill -9 $$\r'));
    expect((await client.closed).code).toBe(1000);
    expect(JSON.parse(client.payload(3).toString())).toMatchObject({
      status: 'Failure',
      reason: 'InternalError',
    });
    expect(client.payload(2)).toHaveLength(0);
  });

  it('closes 1008 for a close frame that has not two bytes, and for text', async () => {
    for (const frame of [Buffer.from([255]), Buffer.from([255, 0, 0]), 'text']) {
      const client = await Listener.open(await server.open().url(), 'v5.channel.k8s.io');
      client.socket.send(frame);
      expect((await client.closed).code).toBe(1008);
    }
  });

  it('refuses the older subprotocols and base64 before the 101', async () => {
    for (const protocol of ['channel.k8s.io', 'v3.channel.k8s.io', 'base64.channel.k8s.io']) {
      await expect(Listener.open(await server.open().url(), protocol)).rejects.toThrow('400');
    }
  });
});

/** Reads a live stream as asciinema's player does. */
function readAlis(frames: Buffer[]) {
  const events: { type: string; id?: number; time?: number; text?: string; numbers?: number[] }[] = [];
  expect(frames[0]!.toString('latin1')).toBe('ALiS\x01');
  for (const frame of frames.slice(1)) {
    let at = 1;
    const varuint = (): number => {
      let value = 0;
      for (let shift = 1; ; shift *= 128) {
        const byte = frame[at++]!;
        value += (byte & 127) * shift;
        if (byte < 128) return value;
      }
    };
    const type = frame[0] === 1 ? 'init' : frame[0] === 4 ? 'eot' : String.fromCharCode(frame[0]!);
    if (type === 'eot') events.push({ type, time: varuint() });
    else {
      const event = { type, id: varuint(), time: varuint() };
      if (type === 'init') events.push({ ...event, numbers: [varuint(), varuint(), varuint(), varuint()] });
      else if (type === 'r') events.push({ ...event, numbers: [varuint(), varuint()] });
      else if (type === 'x') events.push({ ...event, numbers: [varuint()] });
      else {
        const length = varuint();
        const text = frame.subarray(at, at + length).toString();
        at += length;
        events.push({ ...event, text });
      }
    }
    expect(at).toBe(frame.length);
  }
  return events;
}

describe('asciinema’s live stream', () => {
  it('is a magic, an init, then output, sizes, markers and the exit, with whole characters', async () => {
    const terminal = server.open();
    const learner = await TerminalClient.connect({ url: await terminal.url(), cols: 90, rows: 25 });
    await learner.expect('$ ');
    const player = await Listener.open(await terminal.url(DIAZ), 'v1.alis');
    const text = () => {
      const seen = readAlis(player.frames.map(({ data }) => data));
      return seen.map((event) => (event.type === 'o' ? event.text : '')).join('');
    };
    await player.until(() => player.frames.length > 2 && text().includes('$ '));
    learner.resize(132, 43);
    // One character in two writes.
    learner.line(String.raw`printf '\303'; sleep 0.1; printf '\251t\303\251 end-%d\n' 2`);
    await player.until(() => text().includes('été end-2'));
    const teacher = await TerminalClient.connect({ url: await terminal.url(DIAZ) });
    teacher.send({ t: 'take' });
    await learner.frame('driver', (f) => f['writable'] === false);
    teacher.send({ t: 'release' });
    await learner.frame('driver', (f) => f['writable'] === true);
    learner.line('exit 3');
    expect(await player.closed).toEqual({ code: 1000, reason: 'exit:3' });
    const events = readAlis(player.frames.map(({ data }) => data));
    expect(events[0]).toMatchObject({ type: 'init', numbers: [90, 25, 0, 0] });
    expect(events.find(({ type }) => type === 'r')?.numbers).toEqual([132, 43]);
    expect(events.filter(({ type }) => type === 'm').map((e) => e.text)).toEqual([
      'driver:instructor',
      'driver:owner',
    ]);
    expect(events.slice(-2).map(({ type, numbers }) => [type, numbers])).toEqual([
      ['x', [3]],
      ['eot', undefined],
    ]);
    const ids = events.slice(1, -1).map(({ id }) => id);
    expect(ids).toEqual(ids.map((_, i) => i + 1));
  });

  it('starts anew for a player that fell behind, and never slows the learner', async () => {
    const terminal = server.open();
    const learner = await TerminalClient.connect({ url: await terminal.url() });
    await learner.expect('$ ');
    const player = await Listener.open(await terminal.url(DIAZ), 'v1.alis');
    await player.until(() => player.frames.length > 2);
    player.socket.pause();
    learner.collect = false;
    learner.line('seq 1 1500000; printf "%s" end-$((1+1))');
    await learner.until(() => learner.bytes > 10_000_000, 30_000, 'the flood');
    player.socket.resume();
    const inits = () => player.frames.filter(({ data }) => data[0] === 1).length;
    await player.until(() => inits() > 1 && player.frames.at(-1)!.data.includes('end-2'));
    readAlis(player.frames.map(({ data }) => data));
    player.socket.close();
    await learner.close();
  }, 60_000);

  it('takes view tickets alone', async () => {
    await expect(Listener.open(await server.open().url(), 'v1.alis')).rejects.toThrow('403');
  });

  it('says nothing to what a player might send', async () => {
    const terminal = server.open();
    const player = await Listener.open(await terminal.url(DIAZ), 'v1.alis');
    await player.until(() => player.frames.length > 2);
    player.socket.send('exit\r');
    player.socket.send(Buffer.from('exit\r'));
    const learner = await TerminalClient.connect({ url: await terminal.url() });
    learner.line('echo still-$((1+1))');
    await learner.expect('still-2');
    player.socket.close();
  });
});

describe('the choice of a protocol', () => {
  it('is the first known one in the client’s order', async () => {
    const url = await server.open().url();
    const socket = new WebSocket(url, ['v9.unknown', 'v4.channel.k8s.io', 'wheelhouse.tty.v1']);
    await once(socket, 'open');
    expect(socket.protocol).toBe('v4.channel.k8s.io');
    socket.terminate();
  });
});
