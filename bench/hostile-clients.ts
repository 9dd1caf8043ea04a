import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { ServerProcess } from './server-process.js';
import { TerminalClient } from './terminal-client.js';

export interface Attack {
  /** All at once. Resolves when everything is sent. */
  strike(): Promise<void>;
  /** What became of them: how often each close code or HTTP status was seen. */
  codes: Record<string, Record<string, number>>;
  /** Sessions that were opened. */
  sessions: number;
  stop(): Promise<void>;
}

const FLOODS_WHEN_TOLD = ['/bin/sh', '-c', 'stty -echo; echo ready; read x; exec yes'];
const NEVER_READS = ['/bin/sh', '-c', 'stty raw -echo; echo ready; exec sleep 1000'];

/**
 * Clients that mean harm: each kind does what a careless relay would choke on. They are attached first, as opening a shell
 * has a price of its own.
 */
export async function prepareAttack(server: ServerProcess): Promise<Attack> {
  const codes: Attack['codes'] = {};
  const strikes: (() => void)[] = [];
  const clients: TerminalClient[] = [];
  const raw: Socket[] = [];
  const count = (kind: string, what: string | number): void => {
    const seen = (codes[kind] ??= {});
    seen[what] = (seen[what] ?? 0) + 1;
  };
  const join = async (kind: string, argv?: string[]): Promise<TerminalClient> => {
    const client = await TerminalClient.connect({ url: (await server.open(argv)).url });
    clients.push(client);
    void client.closed.then(({ code }) => count(kind, code));
    return client;
  };

  // Readers that stop, in the middle of a flood.
  for (let i = 0; i < 5; i++) {
    const client = await join('stopped reader', FLOODS_WHEN_TOLD);
    await client.expect('ready');
    client.acks = client.collect = false;
    strikes.push(() => {
      client.line('');
      if (i % 2 === 1) client.socket.pause();
    });
  }
  // A megabyte for a command that never reads.
  for (let i = 0; i < 3; i++) {
    const client = await join('writer', NEVER_READS);
    await client.expect('ready');
    client.collect = false;
    strikes.push(() => {
      for (let n = 0; n < 32; n++) client.type(Buffer.alloc(32_768, 'x'));
    });
  }
  // 10 000 sizes.
  for (let i = 0; i < 3; i++) {
    const client = await join('resizer');
    strikes.push(() => {
      for (let n = 0; n < 10_000; n++) client.resize(20 + (n % 200), 10 + (n % 50));
    });
  }
  // Frames of every wrong shape.
  const wrong: (string | Buffer)[] = [
    '{"t":"resize","cols":"wide"}',
    '{"t":"nonsense"}',
    '{"t":"ack","seq":1.5}',
    '{"t":"signal","sig":"SEGV"}',
    '{"t":"ping"}',
    '{"__proto__":{"t":"ping"}}',
  ];
  for (const last of ['[]', '{', 'x'.repeat(17_000), Buffer.alloc(200_000)]) {
    const client = await join('wrong frames');
    strikes.push(() => {
      for (const frame of [...wrong, last]) client.socket.send(frame);
    });
  }
  const first = await TerminalClient.open({ url: (await server.open()).url });
  clients.push(first);
  void first.closed.then(({ code }) => count('wrong frames', code));
  strikes.push(() => first.type('no hello'));
  const { host, port, pathname } = new URL((await server.open()).url);

  // Handshakes that never end, and 200 sockets without a ticket.
  const knock = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: web`);
      raw.push(socket);
    }
    await Promise.all(
      Array.from({ length: 200 }, async () => {
        const socket = new WebSocket(`ws://${host}${pathname}`, 'wheelhouse.tty.v1');
        socket.on('error', () => undefined);
        socket.on('unexpected-response', (_request, response) =>
          count('200 sockets', response.statusCode ?? 0),
        );
        socket.on('close', (code) => {
          if (code !== 1006) count('200 sockets', code);
        });
        await Promise.race([once(socket, 'open'), once(socket, 'unexpected-response')]);
      }),
    );
  };
  return {
    strike: async () => {
      for (const strike of strikes) strike();
      await knock();
    },
    codes,
    sessions: clients.length,
    stop: async () => {
      for (const socket of raw) socket.destroy();
      for (const client of clients) client.socket.resume();
      await Promise.all(clients.map((client) => client.drop()));
    },
  };
}
