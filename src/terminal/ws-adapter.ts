import type { INestApplication } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { TerminalGateway } from './terminal.gateway.js';

/**
 * Owns the one `upgrade` listener of the HTTP server. The stock adapter's destroys every socket whose path is not
 * registered, and runs no check before the 101.
 */
export class TerminalWsAdapter extends WsAdapter {
  private readonly server: Server;
  private readonly others = new Map<string, WebSocketServer>();
  private readonly listener: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

  constructor(app: INestApplication) {
    super(app);
    this.server = app.getHttpServer() as Server;
    this.listener = (request, socket, head) => {
      const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
      const other = this.others.get(path);
      if (other) other.handleUpgrade(request, socket, head, (ws) => other.emit('connection', ws, request));
      else void app.get(TerminalGateway, { strict: false }).upgrade(request, socket, head);
    };
    this.server.on('upgrade', this.listener);
  }

  /** Any further `@WebSocketGateway({ path })` of the application. */
  override create(_port: number, options: { path?: string } = {}): WebSocketServer {
    const server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
    this.others.set(options.path ?? '/', server);
    return server;
  }

  /** The stock adapter terminates clients, which then never see a close code. */
  override close(server: WebSocketServer): Promise<void> {
    for (const client of server.clients) client.close(1012, 'restarting');
    server.close();
    return Promise.resolve();
  }

  override dispose(): Promise<void> {
    this.server.off('upgrade', this.listener);
    return Promise.resolve();
  }
}
