import { once } from 'node:events';
import { WebSocket } from 'ws';
import { startTtyServer, type LocalTtyServer } from '../../bench/tty-server.js';
import { TerminalClient } from '../support/terminal-client.js';

let server: LocalTtyServer;

beforeEach(async () => {
  server = await startTtyServer();
});

afterEach(() => server.close());

/** Status and code of an upgrade that is refused; 101 when it is not. */
async function upgrade(url: string, o: { protocols?: string[]; headers?: Record<string, string> } = {}) {
  const socket = new WebSocket(url, o.protocols ?? ['wheelhouse.tty.v1'], { headers: o.headers ?? {} });
  socket.on('error', () => undefined);
  return new Promise<{ status: number; code?: string }>((resolve) => {
    socket.once('open', () => {
      socket.terminate();
      resolve({ status: 101 });
    });
    socket.once('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (bytes: Buffer) => (body += bytes.toString()));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, code: (JSON.parse(body) as { code: string }).code });
      });
    });
  });
}

async function attached(): Promise<TerminalClient> {
  const client = await TerminalClient.connect({ url: await server.open().url() });
  await client.expect('$ ');
  return client;
}

describe('an upgrade', () => {
  it('is refused with 401 without a ticket, with an unknown, a used and an expired one', async () => {
    const terminal = server.open();
    const base = `ws://127.0.0.1:${server.port}/v1/tty`;
    expect(await upgrade(base, { protocols: [] })).toEqual({ status: 401, code: 'ticket_invalid' });
    expect(await upgrade(`${base}?ticket=nonsense`)).toEqual({ status: 401, code: 'ticket_invalid' });
    const used = await terminal.url();
    expect((await upgrade(used)).status).toBe(101);
    expect(await upgrade(used)).toEqual({ status: 401, code: 'ticket_invalid' });
  });

  it('lets one of 100 simultaneous uses of a ticket through', async () => {
    const url = await server.open().url();
    const statuses = await Promise.all(Array.from({ length: 100 }, () => upgrade(url)));
    expect(statuses.filter(({ status }) => status === 101)).toHaveLength(1);
  });

  it('is refused with 403 from a foreign or null Origin, for a foreign Host, and for another page than the ticket’s', async () => {
    const terminal = server.open();
    const refused = { status: 403, code: 'forbidden' };
    expect(await upgrade(await terminal.url(), { headers: { origin: 'https://evil.example' } })).toEqual(
      refused,
    );
    expect(await upgrade(await terminal.url(), { headers: { origin: 'null' } })).toEqual(refused);
    expect(await upgrade(await terminal.url(), { headers: { host: 'rebound.example' } })).toEqual(refused);
    const bound = { origin: 'https://other.example.org' };
    const listed = { origin: 'https://labs.example.org' };
    expect(await upgrade(await terminal.url(bound), { headers: listed })).toMatchObject({ status: 401 });
    expect(await upgrade(await terminal.url(bound))).toMatchObject({ status: 401 });
    expect(await upgrade(await terminal.url(), { headers: listed })).toEqual({ status: 101 });
    const own = { origin: `http://127.0.0.1:${server.port}` };
    expect(await upgrade(await terminal.url(own), { headers: own })).toEqual({ status: 101 });
  });

  it('is refused with 400 for unknown subprotocols, 404 elsewhere, 503 while draining', async () => {
    const terminal = server.open();
    expect(await upgrade(await terminal.url(), { protocols: ['tty', 'v9.alis'] })).toMatchObject({
      status: 400,
    });
    const elsewhere = (await terminal.url()).replace('/v1/tty', '/v1/else');
    expect(await upgrade(elsewhere)).toMatchObject({ status: 404 });
    const late = await terminal.url();
    await server.tty.drain();
    expect(await upgrade(late)).toEqual({ status: 503, code: 'shutting_down' });
  });

  it('is refused with 429 after 20 refusals in a minute, when limits are on', async () => {
    const limited = await startTtyServer({ rateLimits: true });
    const bad = `ws://127.0.0.1:${limited.port}/v1/tty?ticket=x`;
    const statuses: number[] = [];
    for (let i = 0; i < 22; i++) statuses.push((await upgrade(bad)).status);
    await limited.close();
    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
    expect(statuses.at(-1)).toBe(429);
  });
});

describe('a first frame', () => {
  const cases: [string, (client: TerminalClient) => void, number][] = [
    ['binary', (c) => c.type('x'), 4400],
    ['not JSON', (c) => c.socket.send('{'), 4400],
    ['an array', (c) => c.socket.send('[]'), 4400],
    ['of version 2', (c) => c.send({ t: 'hello', v: 2, cols: 80, rows: 24 }), 4400],
    ['another type', (c) => c.send({ t: 'ping', id: 1 }), 4400],
    ['too long', (c) => c.send({ t: 'hello', v: 1, cols: 80, rows: 24, client: 'x'.repeat(20_000) }), 4400],
    ['invalid UTF-8', (c) => c.socket.send(Buffer.from([0xff, 0xfe]), { binary: false }), 1007],
    ['above the message limit', (c) => c.type(Buffer.alloc(200_000)), 1009],
  ];
  it.each(cases)('that is %s closes the socket with its own code', async (_name, send, code) => {
    const client = await TerminalClient.open({ url: await server.open().url() });
    send(client);
    expect((await client.closed).code).toBe(code);
  });

  it('may bring the ticket; a bad one closes 4401', async () => {
    const base = `ws://127.0.0.1:${server.port}/v1/tty`;
    const url = new URL(await server.open().url());
    const client = await TerminalClient.connect({ url: base, ticket: url.searchParams.get('ticket')! });
    await client.expect('$ ');
    await client.close();
    const bad = await TerminalClient.open({ url: base, ticket: 'nonsense' });
    bad.hello();
    expect((await bad.closed).code).toBe(4401);
  });

  it('is too late for a terminal that is gone (4410) or never was (4404)', async () => {
    const terminal = server.open();
    const url = await terminal.url();
    await terminal.session.end('killed');
    const gone = await TerminalClient.open({ url });
    gone.hello();
    expect((await gone.closed).code).toBe(4410);
    const ticket = await terminal.ticket({ terminalId: 'trm_never' });
    const never = await TerminalClient.open({ url: `ws://127.0.0.1:${server.port}/v1/tty?ticket=${ticket}` });
    never.hello();
    expect((await never.closed).code).toBe(4404);
  });
});

describe('an attached client', () => {
  it('is closed for a second hello and for acknowledging what never came', async () => {
    const twice = await attached();
    twice.hello();
    expect((await twice.closed).code).toBe(4400);
    const liar = await attached();
    liar.send({ t: 'ack', seq: 1e9 });
    expect((await liar.closed).code).toBe(4400);
  });

  it('is told of wrong frames, and closed at the tenth', async () => {
    const client = await attached();
    client.send({ t: 'resize', cols: 'wide', rows: 24 });
    await client.frame('error', (f) => f['code'] === 'bad_message');
    client.send({ t: 'signal', sig: 'SEGV' });
    client.send({ t: '__proto__' });
    await client.frame('error', (f) => f['code'] === 'unknown_type');
    for (let i = 0; i < 7; i++) client.send({ t: 'nonsense' });
    expect((await client.closed).code).toBe(4400);
  });

  it('gets an oversized input frame refused and goes on', async () => {
    const client = await attached();
    client.type(Buffer.alloc(70_000, 'x'));
    await client.frame('error', (f) => f['code'] === 'input_too_big');
    client.line('echo alive-$((1+1))');
    await client.expect('alive-2');
  });

  it('has its size clamped and told', async () => {
    const client = await attached();
    client.resize(5000, 0);
    expect(await client.frame('size', (f) => f['cols'] === 1000)).toMatchObject({ rows: 1 });
  });

  it('answers pings, interrupts by signal, and detaches with the shell going on', async () => {
    const terminal = server.open();
    const client = await TerminalClient.connect({ url: await terminal.url() });
    await client.expect('$ ');
    client.send({ t: 'ping', id: 7 });
    await client.frame('pong', (f) => f['id'] === 7);
    client.line('sh -c "echo up-n""ow; exec sleep 100"');
    await client.expect('up-now');
    client.send({ t: 'signal', sig: 'INT' });
    client.line('echo after-$?');
    await client.expect('after-130');
    client.send({ t: 'detach' });
    expect(await client.closed).toEqual({ code: 1000, reason: 'detached' });
    expect(terminal.session.state).toBe('running');
  });

  it('hears of a shutdown and is closed 1012', async () => {
    const client = await attached();
    await server.tty.drain();
    expect(client.frames.some((f) => f.t === 'drain')).toBe(true);
    expect((await client.closed).code).toBe(1012);
  });

  it('that resumes replaces its own lost socket, which is closed 4409', async () => {
    const terminal = server.open();
    const first = await TerminalClient.connect({ url: await terminal.url() });
    await first.expect('$ ');
    const second = await TerminalClient.connect({ url: await terminal.url(), resume: first.position });
    expect((await first.closed).code).toBe(4409);
    expect(second.frames[0]).toMatchObject({ mode: 'delta', driver: true });
  });
});

describe('the raw protocol', () => {
  it('takes text and binary as input, replays behind a reset, and closes with the exit status', async () => {
    const terminal = server.open();
    const open = async (): Promise<{ socket: WebSocket; seen: (wanted: string) => Promise<string> }> => {
      const socket = new WebSocket(`${await terminal.url()}&cols=100&rows=30`);
      let text = '';
      socket.on('message', (data, isBinary) => {
        expect(isBinary).toBe(true);
        text += (data as Buffer).toString();
      });
      const seen = async (wanted: string): Promise<string> => {
        while (!text.includes(wanted)) await once(socket, 'message');
        return text;
      };
      await once(socket, 'open');
      return { socket, seen };
    };
    const first = await open();
    await first.seen('$ ');
    first.socket.send('stty size\r');
    await first.seen('30 100');
    first.socket.terminate();
    await once(first.socket, 'close');
    const second = await open();
    expect((await second.seen('30 100')).startsWith('\x1bc')).toBe(true);
    second.socket.send(Buffer.from('exit 3\r'));
    const [code, reason] = (await once(second.socket, 'close')) as [number, Buffer];
    expect({ code, reason: reason.toString() }).toEqual({ code: 1000, reason: 'exit:3' });
  });
});
