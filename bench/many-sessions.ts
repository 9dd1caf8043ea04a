import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { openBare } from './bare-pty.js';
import type { ServerProcess } from './server-process.js';
import { TerminalClient } from './terminal-client.js';
import { LOCAL_ENV } from './tty-server.js';

/** Prints 20 KiB a second, and leaves the echo of keys to the kernel. */
export const BUSY = [
  '/usr/bin/perl',
  '-e',
  '$| = 1; while (1) { print(("o" x 1023 . "\\n") x 2); select(undef, undef, undef, 0.1) }',
];
const KEY = 'x';
const KEY_EVERY_MS = 100;

/** One session as the bench sees it: keys go in, bytes come out. */
export interface Session {
  write(text: string): void;
  onData(listener: (bytes: Buffer) => void): void;
  close(): Promise<unknown> | void;
}

export async function oursSession(server: ServerProcess, argv = BUSY): Promise<Session> {
  const client = await TerminalClient.connect({ url: (await server.open(argv)).url });
  client.collect = false;
  return {
    write: (text) => client.type(text),
    onData: (listener) =>
      void client.socket.on('message', (data, isBinary) => isBinary && listener(data as Buffer)),
    close: () => client.drop(),
  };
}

export async function naiveSession(relay: ServerProcess, argv = BUSY): Promise<Session> {
  const socket = new WebSocket((await relay.open(argv)).url, { perMessageDeflate: false });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return {
    write: (text) => socket.send(Buffer.from(text)),
    onData: (listener) => void socket.on('message', (data) => listener(data as Buffer)),
    close: () => socket.terminate(),
  };
}

export function bareSession(): Promise<Session> {
  return Promise.resolve(openBare(BUSY, LOCAL_ENV));
}

/** Ten keys a second in every session for some seconds; the time from each key to its echo, ms. */
export async function typeInto(sessions: Session[], seconds: number): Promise<number[]> {
  const samples: number[] = [];
  const end = performance.now() + seconds * 1000;
  const type = async (session: Session, index: number): Promise<void> => {
    let sentAt: number | undefined;
    session.onData((bytes) => {
      if (sentAt === undefined || !bytes.includes(KEY)) return;
      samples.push(performance.now() - sentAt);
      sentAt = undefined;
    });
    // Spread over the interval, as people are.
    await sleep((index * KEY_EVERY_MS) / sessions.length);
    for (let i = 1; performance.now() < end; i++) {
      const before = samples.length;
      // The kernel's line is 4095 bytes long; it is thrown away in time.
      if (i % 200 === 0) session.write('\x15');
      if (sentAt === undefined) {
        sentAt = performance.now();
        session.write(KEY);
      }
      await sleep(KEY_EVERY_MS - (before % 7));
    }
  };
  await Promise.all(sessions.map(type));
  return samples;
}
