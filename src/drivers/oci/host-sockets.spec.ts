import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { tmpdir } from 'node:os';
import type { Duplex } from 'node:stream';
import { silentLogger } from '../../common/logger.js';
import { HostSockets } from './host-sockets.js';

/** Longer than the address of a socket may be. */
const LONG = 'x'.repeat(120);

describe('the sockets of lab hosts', () => {
  let base: string;
  let short: string;
  let sockets: HostSockets;

  beforeEach(() => {
    base = mkdtempSync(path.join(tmpdir(), 'wh-sockets-'));
    mkdirSync(path.join(base, LONG, 'pub'), { recursive: true });
    short = path.join(base, 's');
    symlinkSync(path.join(base, LONG, 'pub'), short);
    sockets = new HostSockets({ logger: silentLogger, idleMs: 60_000 });
  });

  afterEach(() => {
    sockets.closeAll();
    rmSync(base, { recursive: true });
  });

  const listen = (onConnection: (socket: Duplex) => void, by = sockets) =>
    by.listen({ host: 'wh-aaa-1', bundle: path.join(base, LONG), name: 'a.sock', onConnection });

  const open = async (): Promise<Socket> => {
    const socket = connect(path.join(short, 'a.sock'));
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };

  it('answer in a folder whose name is longer than an address may be, to whoever has closed its half', async () => {
    await listen((socket) => {
      let asked = '';
      socket.on('data', (bytes: Buffer) => (asked += bytes.toString()));
      socket.on('end', () => socket.end(`${asked}!`));
    });
    const socket = await open();
    socket.end('hello');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toBe('hello!');
    expect(readdirSync(short)).toEqual(['a.sock']);
  });

  it('replace one that a service before left, and a file', async () => {
    const stale = createServer().listen(path.join(short, 'b.sock'));
    await once(stale, 'listening');
    renameSync(path.join(short, 'b.sock'), path.join(short, 'a.sock'));
    stale.close();
    await expect(open()).rejects.toThrow('ECONNREFUSED');
    const first = await listen((socket) => socket.end());
    await open();
    first.close();
    expect(readdirSync(short)).toEqual([]);
    writeFileSync(path.join(short, 'a.sock'), 'text');
    await listen((socket) => socket.end());
    await open();
  });

  it('refuse the ninth connection of a lab host, until one of the eight has ended', async () => {
    let living = 0;
    await listen((socket) => {
      living += 1;
      socket.on('close', () => (living -= 1));
      socket.on('end', () => socket.end());
      socket.resume();
      socket.write('welcome');
    });
    const eight = await Promise.all(Array.from({ length: 8 }, open));
    await Promise.all(eight.map((socket) => once(socket, 'data')));
    const ninth = await open();
    ninth.resume();
    await once(ninth, 'close');
    expect(living).toBe(8);
    eight[0]?.end();
    await once(eight[0]!, 'close');
    const next = await open();
    await once(next, 'data');
    for (const socket of [...eight, next]) socket.destroy();
  });

  it('end a connection that is silent', async () => {
    const impatient = new HostSockets({ logger: silentLogger, idleMs: 20 });
    await listen((socket) => socket.resume(), impatient);
    const socket = await open();
    socket.resume();
    await once(socket, 'close');
    impatient.closeAll();
  });

  it('are given up for a second when they are flooded, and then are there again', async () => {
    let floods = 0;
    const logger = { ...silentLogger, warn: () => (floods += 1) } as never;
    const flooded = new HostSockets({ logger });
    await listen((socket) => socket.end(), flooded);
    const connected: Socket[] = [];
    await expect(
      (async () => {
        for (let n = 0; n < 1000; n += 1) connected.push(await open());
      })(),
    ).rejects.toThrow(/ENOENT|ECONNREFUSED/);
    expect(connected.length).toBeLessThan(100);
    expect(floods).toBe(1);
    const again = async (): Promise<Socket> =>
      open().catch(() => new Promise((resolve) => setTimeout(() => resolve(again()), 50)));
    connected.push(await again());
    for (const socket of connected) socket.destroy();
    flooded.closeAll();
  });

  it('go with the lab host, and their connections', async () => {
    await listen((socket) => socket.resume());
    const socket = await open();
    socket.resume();
    const ended = once(socket, 'close');
    sockets.closeHost('wh-aaa-1');
    await ended;
    expect(readdirSync(short)).toEqual([]);
  });

  it('refuse a name that leads elsewhere', async () => {
    const request = { host: 'wh-aaa-1', bundle: base, name: '../a.sock', onConnection: () => undefined };
    await expect(sockets.listen(request)).rejects.toMatchObject({ code: 'invalid_spec' });
    await expect(sockets.listen({ ...request, name: 'a.sock' })).rejects.toMatchObject({ code: 'not_found' });
  });
});
