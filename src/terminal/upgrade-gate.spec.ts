import type { IncomingMessage } from 'node:http';
import { ManualClock } from '../common/manual-clock.js';
import { MemoryTickets, type TicketClaims } from './ticket-store.js';
import { UpgradeGate } from './upgrade-gate.js';

const CLAIMS: TicketClaims = {
  tenantId: 'ten_a',
  terminalId: 'trm_a',
  userId: 'usr_a',
  userName: 'Ada',
  kind: 'owner',
  role: 'write',
  takeover: false,
  subject: 'usr_a',
  origin: null,
};

function rig(allowedHosts: string[] = []) {
  const clock = new ManualClock(1_000_000);
  const tickets = new MemoryTickets(clock);
  const policy = { allowedOrigins: ['https://labs.example.org'], allowedHosts, bindHost: '10.1.2.3' };
  const gate = new UpgradeGate({ tickets, policy, clock, rateLimits: true });
  const check = (ticket: string, headers: Record<string, string> = {}, query = '') =>
    gate.check({
      url: `/v1/tty?ticket=${ticket}${query}`,
      headers: { host: '127.0.0.1:8080', ...headers },
      socket: { remoteAddress: '127.0.0.1' },
    } as unknown as IncomingMessage);
  return { clock, tickets, check };
}

describe('the gate before the 101', () => {
  it('takes a ticket once, within 30 s', async () => {
    const { clock, tickets, check } = rig();
    const { ticket } = await tickets.mint(CLAIMS);
    expect(await check(ticket)).toMatchObject({ protocol: 'raw', claims: CLAIMS, cols: 80, rows: 24 });
    await expect(check(ticket)).rejects.toMatchObject({ status: 401 });
    const late = await tickets.mint(CLAIMS);
    clock.advance(30_000);
    await expect(check(late.ticket)).rejects.toMatchObject({ status: 401 });
  });

  it('does not use a ticket up for a caller that it refuses anyway', async () => {
    const { tickets, check } = rig();
    const { ticket } = await tickets.mint(CLAIMS);
    await expect(check(ticket, { origin: 'https://evil.example' })).rejects.toMatchObject({ status: 403 });
    await expect(check(ticket, { 'sec-websocket-protocol': 'tty' })).rejects.toMatchObject({ status: 400 });
    await expect(check(ticket)).resolves.toBeDefined();
  });

  it('compares Origins whole, scheme and port included', async () => {
    const { tickets, check } = rig();
    const refused = [
      'http://labs.example.org',
      'https://labs.example.org:444',
      'https://labs.example.org.evil',
      'null',
    ];
    for (const origin of refused) {
      const { ticket } = await tickets.mint(CLAIMS);
      await expect(check(ticket, { origin })).rejects.toMatchObject({ status: 403 });
    }
    const { ticket } = await tickets.mint(CLAIMS);
    await expect(check(ticket, { origin: 'https://labs.example.org' })).resolves.toBeDefined();
  });

  it('serves the bound and the loopback names, or those of the list alone', async () => {
    const open = rig();
    for (const host of ['localhost:8080', '[::1]:8080', '10.1.2.3:8080']) {
      const { ticket } = await open.tickets.mint(CLAIMS);
      await expect(open.check(ticket, { host })).resolves.toBeDefined();
    }
    await expect(open.check('x', { host: 'rebound.example:8080' })).rejects.toMatchObject({ status: 403 });
    const listed = rig(['labs.example.org']);
    await expect(listed.check('x', { host: 'localhost:8080' })).rejects.toMatchObject({ status: 403 });
    const { ticket } = await listed.tickets.mint(CLAIMS);
    await expect(listed.check(ticket, { host: 'labs.example.org' })).resolves.toBeDefined();
  });

  it('lets an address that was refused 20 times wait', async () => {
    const { clock, tickets, check } = rig();
    for (let i = 0; i < 21; i++) await check('x').catch(() => undefined);
    const { ticket } = await tickets.mint(CLAIMS);
    await expect(check(ticket)).rejects.toMatchObject({ status: 429 });
    clock.advance(10_000);
    await expect(check(ticket)).resolves.toBeDefined();
  });

  it('reads the size of raw clients from the query, and nonsense as the default', async () => {
    const { tickets, check } = rig();
    const one = await tickets.mint(CLAIMS);
    expect(await check(one.ticket, {}, '&cols=100&rows=abc')).toMatchObject({ cols: 100, rows: 24 });
  });
});
