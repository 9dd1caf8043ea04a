import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as dial, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AppError } from '../common/errors/app-error.js';
import { silentLogger } from '../common/logger.js';
import { DriverError } from '../drivers/driver-error.js';
import type { ClusterControl } from '../sandbox/live-sandbox.js';
import { MAX_CONNECTIONS, serveMinikube } from './session.js';

/** A cluster whose changes take as long as the test wants. */
class SlowControl implements ClusterControl {
  calls: string[] = [];
  tell: (text: string) => void = () => undefined;
  #gates = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();

  status() {
    this.calls.push('status');
    return { phase: 'running' as const, ip: '10.253.0.3', kubernetesVersion: 'v1.34.4' };
  }
  async start(progress: (text: string) => void) {
    this.tell = progress;
    await this.#gate('start');
    return { kubeconfig: 'apiVersion: v1\n' };
  }
  stop = () => this.#gate('stop');
  delete = () => this.#gate('delete');

  #gate(op: string): Promise<void> {
    this.calls.push(op);
    return new Promise((resolve, reject) => this.#gates.set(op, { resolve, reject }));
  }
  finish = (op: string) => this.#gates.get(op)!.resolve();
  fail = (op: string, error: Error) => this.#gates.get(op)!.reject(error);
}

interface Client {
  socket: Socket;
  /** Answers so far. */
  lines: Record<string, unknown>[];
  send(text: string): void;
  ended: Promise<void>;
  line(n: number): Promise<Record<string, unknown>>;
}

const folder = mkdtempSync(path.join(tmpdir(), 'wheelhouse-minikube-'));
const address = path.join(folder, 'minikube.sock');
let served: ClusterControl;
let server: Server;

beforeAll(async () => {
  server = createServer((socket) => serveMinikube(socket, served, { logger: silentLogger }));
  await once(server.listen(address), 'listening');
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

function connections(): Promise<number> {
  return new Promise((resolve) => server.getConnections((_, open) => resolve(open)));
}

function connect(control: ClusterControl): Client {
  served = control;
  const socket = dial(address);
  // The flood of a test may meet a socket that has said its word.
  socket.on('error', () => undefined);
  const lines: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  let rest = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop()!;
    lines.push(...parts.map((part) => JSON.parse(part) as Record<string, unknown>));
    for (const wake of waiting) wake();
  });
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return {
    socket,
    lines,
    ended,
    send: (text) => void socket.write(text),
    line: (n) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (lines.length >= n) resolve(lines[n - 1]!);
        };
        waiting.add(look);
        look();
      }),
  };
}

const START = '{"op":"start"}\n';

describe('the socket of the minikube command', () => {
  let control: SlowControl;
  beforeEach(() => void (control = new SlowControl()));

  it('answers status at once and ends', async () => {
    const client = connect(control);
    client.send('{"op":"status"}\n');
    await client.ended;
    expect(client.lines).toEqual([
      { ok: true, phase: 'running', ip: '10.253.0.3', kubernetesVersion: 'v1.34.4' },
    ]);
  });

  it('tells the progress of a start and then hands over the kubeconfig', async () => {
    const client = connect(control);
    for (const byte of START) client.send(byte);
    while (control.calls.length === 0) await new Promise(setImmediate);
    control.tell('network');
    control.tell('node\nready');
    expect(await client.line(2)).toEqual({ progress: 'node\nready' });
    control.finish('start');
    await client.ended;
    expect(client.lines.at(-1)).toEqual({ ok: true, kubeconfig: 'apiVersion: v1\n' });
  });

  it('lets two starts at once share one, and tells the second where it stands', async () => {
    const first = connect(control);
    first.send(START);
    while (control.calls.length === 0) await new Promise(setImmediate);
    control.tell('half way');
    const second = connect(control);
    second.send(START);
    expect(await second.line(1)).toEqual({ progress: 'half way' });
    control.finish('start');
    await Promise.all([first.ended, second.ended]);
    expect(control.calls).toEqual(['start']);
    expect(second.lines.at(-1)).toEqual(first.lines.at(-1));
  });

  it('goes on starting when the command is interrupted, and begins anew only after that', async () => {
    const first = connect(control);
    first.send(START);
    while (control.calls.length === 0) await new Promise(setImmediate);
    first.socket.destroy();
    while ((await connections()) > 0) await new Promise(setImmediate);
    control.tell('nobody listens');
    const again = connect(control);
    again.send(START);
    expect(await again.line(1)).toEqual({ progress: 'nobody listens' });
    expect(control.calls).toEqual(['start']);
    control.finish('start');
    await again.ended;
    const later = connect(control);
    later.send(START);
    while (control.calls.length === 1) await new Promise(setImmediate);
    expect(control.calls).toEqual(['start', 'start']);
    control.finish('start');
    await later.ended;
  });

  it('refuses another change meanwhile, but says the status', async () => {
    const starting = connect(control);
    starting.send(START);
    while (control.calls.length === 0) await new Promise(setImmediate);
    const stopping = connect(control);
    stopping.send('{"op":"stop"}\n');
    await stopping.ended;
    expect(stopping.lines).toEqual([
      { ok: false, error: { code: 'busy', detail: expect.stringContaining('being started') } },
    ]);
    const asking = connect(control);
    asking.send('{"op":"status"}\n');
    await asking.ended;
    expect(asking.lines).toMatchObject([{ ok: true }]);
    expect(control.calls).toEqual(['start', 'status']);
    control.finish('start');
    await starting.ended;
  });

  it('says what failed, and no more of it than a learner may know', async () => {
    const answers: unknown[] = [];
    for (const error of [
      new AppError('conflict', 'the sandbox is ending'),
      new DriverError('timeout', 'docker at /var/run says secret'),
      new Error('secret'),
    ]) {
      const client = connect(control);
      client.send('{"op":"delete"}\n');
      while (control.calls.length === answers.length) await new Promise(setImmediate);
      control.fail('delete', error);
      await client.ended;
      answers.push(...client.lines);
    }
    expect(answers).toMatchObject([
      { ok: false, error: { code: 'conflict', detail: 'the sandbox is ending' } },
      { ok: false, error: { code: 'timeout' } },
      { ok: false, error: { code: 'internal' } },
    ]);
    expect(JSON.stringify(answers)).not.toContain('secret');
  });

  it('answers a flood once, holds none of it and does nothing', async () => {
    const client = connect(control);
    client.send('x'.repeat(1 << 20));
    client.send(START);
    await client.ended;
    expect(client.lines).toMatchObject([{ ok: false, error: { code: 'bad_request' } }]);
    expect(control.calls).toEqual([]);
  });

  it('reads no further request of a connection', async () => {
    const client = connect(control);
    client.send('{"op":"status"}\n{"op":"delete"}\n');
    client.send('{"op":"delete"}\n');
    await client.ended;
    expect(client.lines).toHaveLength(1);
    expect(control.calls).toEqual(['status']);
  });

  it('bounds the connections of one lab host, and forgets those that ended', async () => {
    const silent = Array.from({ length: MAX_CONNECTIONS }, () => connect(control));
    const refused = connect(control);
    await refused.ended;
    expect(refused.lines).toMatchObject([{ ok: false, error: { code: 'busy' } }]);
    for (const { socket } of silent) socket.destroy();
    while ((await connections()) > 0) await new Promise(setImmediate);
    const later = connect(control);
    later.send('{"op":"status"}\n');
    await later.ended;
    expect(later.lines).toMatchObject([{ ok: true }]);
  });
});
