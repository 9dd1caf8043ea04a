import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { TerminalGateway } from '../../src/terminal/terminal.gateway.js';
import { TerminalWsAdapter } from '../../src/terminal/ws-adapter.js';

@WebSocketGateway({ path: '/other' })
class OtherGateway {
  @SubscribeMessage('greet')
  greet(): { event: string; data: string } {
    return { event: 'greeting', data: 'hello' };
  }
}

/** Answers every upgrade that reaches it in a way that can be told. */
const terminals = {
  upgrade: (_request: unknown, socket: Duplex) => void socket.end('HTTP/1.1 418 Teapot\r\n\r\n'),
};

@Module({ providers: [OtherGateway, { provide: TerminalGateway, useValue: terminals }] })
class TwoGateways {}

describe('upgrades of the HTTP server', () => {
  it('go to the gateway of their path; all others to the terminals, which refuse what they do not know', async () => {
    const app = await NestFactory.create(TwoGateways, { logger: false });
    app.useWebSocketAdapter(new TerminalWsAdapter(app));
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    try {
      const other = new WebSocket(`ws://127.0.0.1:${port}/other`);
      await once(other, 'open');
      other.send(JSON.stringify({ event: 'greet', data: '' }));
      const [answer] = (await once(other, 'message')) as [Buffer];
      expect(JSON.parse(answer.toString())).toEqual({ event: 'greeting', data: 'hello' });
      const tty = new WebSocket(`ws://127.0.0.1:${port}/v1/tty`);
      tty.on('error', () => undefined);
      const [, response] = (await once(tty, 'unexpected-response')) as [unknown, { statusCode: number }];
      expect(response.statusCode).toBe(418);
      const closed = once(other, 'close');
      await app.close();
      expect((await closed)[0]).toBe(1012);
    } finally {
      await app.close();
    }
  });
});
