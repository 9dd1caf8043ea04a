import { createServer } from 'node:http';
import { spawn } from 'node-pty';
import { WebSocketServer } from 'ws';
import type { AddressInfo } from 'node:net';
import type { ServerAnswer, ServerRequest } from './tty-server-main.js';

/** The relay that most projects begin with, as a baseline: no flow control, no ring, no coalescing. */
const http = createServer();
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
let argv = ['/bin/bash'];

sockets.on('connection', (socket) => {
  const pty = spawn(argv[0] ?? '/bin/bash', argv.slice(1), {
    cols: 80,
    rows: 24,
    env: { PATH: '/usr/bin:/bin' },
  });
  pty.onData((text) => socket.send(text));
  pty.onExit(() => socket.close(1000));
  socket.on('message', (data) => pty.write((data as Buffer).toString()));
  socket.on('close', () => pty.kill());
});

http.listen(0, '127.0.0.1', () => {
  process.on('message', (request: ServerRequest) => {
    argv = request.argv ?? argv;
    const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`;
    process.send?.({ id: request.id, terminal: 'naive', url } satisfies ServerAnswer);
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ id: 0, terminal: '', url: '' } satisfies ServerAnswer);
});
