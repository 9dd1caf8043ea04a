import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock, type Clock } from '../src/common/clock.js';
import { newSecretId } from '../src/common/ids.js';
import { silentLogger } from '../src/common/logger.js';
import { DEFAULT_RING } from '../src/terminal/limits.js';
import { spawnPty } from '../src/terminal/pty/node-pty.js';
import type { Pty } from '../src/terminal/pty/pty.js';
import { TerminalSession } from '../src/terminal/session.js';
import type { SessionOptions } from '../src/terminal/session-options.js';
import type { Size } from '../src/terminal/sizing.js';
import { TerminalRegistry } from '../src/terminal/terminal-registry.js';
import { MemoryTickets, type TicketClaims } from '../src/terminal/ticket-store.js';
import { TtyServer } from '../src/terminal/tty-server.js';
import { UpgradeGate } from '../src/terminal/upgrade-gate.js';

export const LOCAL_ENV = { PATH: '/usr/bin:/bin', TERM: 'xterm-256color', LANG: 'C.UTF-8', PS1: '$ ' };
export const QUIET_SHELL = ['/bin/bash', '--norc', '--noprofile'];

export interface OpenTerminal {
  id: string;
  session: TerminalSession;
  /** A socket address with a fresh ticket. */
  url(claims?: Partial<TicketClaims>): Promise<string>;
  ticket(claims?: Partial<TicketClaims>): Promise<string>;
}

export interface LocalTtyServer {
  port: number;
  registry: TerminalRegistry;
  tickets: MemoryTickets;
  tty: TtyServer;
  open(options?: {
    argv?: string[];
    graceMs?: number;
    size?: Size;
    spawn?: (size: Size) => Promise<Pty>;
    session?: Partial<SessionOptions>;
  }): OpenTerminal;
  close(): Promise<void>;
}

/** The terminal part alone: local shells, tickets in memory, no database, no Nest. For benches and tests. */
export async function startTtyServer(
  o: { rateLimits?: boolean; ringBytes?: number; clock?: Clock } = {},
): Promise<LocalTtyServer> {
  const clock = o.clock ?? systemClock;
  const registry = new TerminalRegistry();
  const tickets = new MemoryTickets(clock);
  const rateLimits = o.rateLimits ?? false;
  const policy = { allowedOrigins: ['https://labs.example.org'], allowedHosts: [], bindHost: '127.0.0.1' };
  const gate = new UpgradeGate({ tickets, policy, clock, rateLimits });
  const tty = new TtyServer(gate, { registry, tickets, clock, rateLimits }, silentLogger);
  const http: Server = createServer((_request, response) => response.writeHead(404).end());
  http.on('upgrade', (request, socket, head) => void tty.upgrade(request, socket, head));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;

  const open: LocalTtyServer['open'] = (options = {}) => {
    const id = newSecretId('trm');
    const argv = options.argv ?? QUIET_SHELL;
    const session = new TerminalSession({
      id,
      name: 'shell',
      size: options.size ?? { cols: 80, rows: 24 },
      ringBytes: o.ringBytes ?? DEFAULT_RING,
      graceMs: options.graceMs ?? 600_000,
      clock,
      open:
        options.spawn ?? ((size) => Promise.resolve(spawnPty({ argv, env: LOCAL_ENV, cwd: '/', ...size }))),
      events: {
        started: () => undefined,
        enter: () => undefined,
        activity: () => undefined,
        joined: () => undefined,
        left: () => undefined,
        takeover: () => undefined,
        signalled: () => undefined,
        learnerListens: () => false,
        exited: () => undefined,
        gone: () => registry.remove(id),
      },
      ...options.session,
    });
    const whose = { tenantId: 'ten_bench', userId: 'usr_bench', sandboxId: 'sb_bench00000' };
    registry.add({ session, ...whose, target: 'local', createdAt: new Date() });
    const ticket = async (claims: Partial<TicketClaims> = {}): Promise<string> => {
      const { tenantId, userId } = whose;
      const owner = {
        userName: 'Ada',
        kind: 'owner',
        role: 'write',
        takeover: false,
        subject: userId,
      } as const;
      const full = { tenantId, userId, terminalId: id, origin: null, ...owner, ...claims };
      return (await tickets.mint(full)).ticket;
    };
    return {
      id,
      session,
      ticket,
      url: async (claims) => `ws://127.0.0.1:${port}/v1/tty?ticket=${await ticket(claims)}`,
    };
  };

  const close = async (): Promise<void> => {
    await tty.drain();
    await Promise.all(registry.all().map(({ session }) => session.end('shutdown')));
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  };
  return { port, registry, tickets, tty, open, close };
}
