import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Api } from '../support/api.js';
import { TerminalClient } from '../support/terminal-client.js';
import { startService, type TestService } from '../support/test-app.js';

const LAB = 'net-ovs-two-namespaces';

/** The real service with its limits on. */
describe('access to terminals', () => {
  let service: TestService;
  let operator: Api;
  let ada: Api;
  let sandbox: string;

  beforeAll(async () => {
    // Limits on: they are what is tested here.
    service = await startService({ env: { WHEELHOUSE_HOST_PROVIDER: 'fake', WHEELHOUSE_PTY_LOCAL: 'true' } });
    operator = new Api(service.url, service.operatorKey);
    ada = await operator.as('ada');
    sandbox = (await ada.post('/v1/sandboxes', { lab: LAB })).body.id;
  }, 90_000);

  afterAll(() => service?.remove());

  const socketUrl = (path: string) => service.url.replace('http', 'ws') + path;

  async function create(): Promise<string> {
    const made = await ada.post(`/v1/sandboxes/${sandbox}/terminals`, { target: { kind: 'local' } });
    expect(made.status).toBe(201);
    return made.body.id;
  }

  /** ttyd's page: asks for a token, then opens its socket with it. */
  async function ttyd(id: string, token: string): Promise<WebSocket> {
    const socket = new WebSocket(socketUrl(`/v1/tty/ttyd/${id}/ws`), 'tty');
    await once(socket, 'open');
    socket.send(JSON.stringify({ AuthToken: token, columns: 80, rows: 24 }));
    return socket;
  }

  it('by ttyd’s token route needs a bearer or an unused ticket, whatever else the caller sends', async () => {
    const id = await create();
    const route = `${service.url}/v1/tty/ttyd/${id}/token`;
    for (const headers of [
      {},
      { 'x-webauth-user': 'ada', 'x-forwarded-user': 'ada', 'remote-user': 'ada' },
      { cookie: 'session=ada', authorization: 'Basic YWRhOmFkYQ==' },
    ] as Record<string, string>[]) {
      expect((await fetch(route, { headers })).status).toBe(401);
    }
    const eve = await operator.as('eve');
    expect((await eve.get(`/v1/tty/ttyd/${id}/token`)).status).toBe(404);
    const byBearer = await ada.get(`/v1/tty/ttyd/${id}/token`);
    expect([byBearer.status, byBearer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const { ticket } = (await ada.post(`/v1/terminals/${id}/tickets`, { protocol: 'tty' })).body;
    const exchanged = await fetch(`${route}?ticket=${ticket}`);
    const { token } = (await exchanged.json()) as { token: string };
    expect((await fetch(`${route}?ticket=${ticket}`)).status).toBe(401);
    for (const good of [byBearer.body.token, token]) {
      const socket = await ttyd(id, good);
      const [title] = (await once(socket, 'message')) as [Buffer];
      expect(title.toString()).toBe('1shell');
      socket.close(1000);
    }
    const used = await ttyd(id, token);
    expect((await once(used, 'close'))[0]).toBe(1008);
    await ada.delete(`/v1/terminals/${id}`);
  });

  it('by Kubernetes exec takes a bearer in place of a ticket, but never with an Origin or a Cookie', async () => {
    const id = await create();
    const url = socketUrl(`/v1/tty?terminal=${id}`);
    const authorization = `Bearer ${service.operatorKey}`;
    const attempt = (headers: Record<string, string>) =>
      new Promise<number>((resolve) => {
        const socket = new WebSocket(url, 'v5.channel.k8s.io', { headers });
        socket.on('error', () => undefined);
        socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
        socket.once('open', () => {
          socket.close(1000);
          resolve(101);
        });
      });
    expect(await attempt({ authorization, origin: service.url })).toBe(401);
    expect(await attempt({ authorization, cookie: 'a=b' })).toBe(401);
    expect(await attempt({ authorization: 'Bearer whk_nonsense' })).toBe(401);
    expect(await attempt({})).toBe(401);
    expect(await attempt({ authorization })).toBe(101);
    await ada.delete(`/v1/terminals/${id}`);
  });

  it('is written into the log when it is refused, without the ticket', async () => {
    const refused = TerminalClient.open({ url: socketUrl('/v1/tty?ticket=s3cretticket') });
    await expect(refused).rejects.toThrow('HTTP 401');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { body } = await operator.get('/v1/audit?action=ticket.refused');
    expect(body.items[0]).toMatchObject({
      actor: 'unknown',
      ip: '127.0.0.1',
      detail: { code: 'ticket_invalid' },
    });
    expect(JSON.stringify(body)).not.toContain('s3cretticket');
    expect(service.output()).not.toContain('s3cretticket');
  });

  it('asks for no more than 30 tickets a minute, and says when to come back', async () => {
    const bob = await operator.as('bob');
    const own = (await bob.post('/v1/sandboxes', { lab: LAB })).body.id;
    const made = await bob.post(`/v1/sandboxes/${own}/terminals`, { target: { kind: 'local' } });
    const statuses: number[] = [];
    let last = await bob.post(`/v1/terminals/${made.body.id}/tickets`);
    for (let i = 0; i < 35 && last.status === 201; i++) {
      statuses.push(last.status);
      last = await bob.post(`/v1/terminals/${made.body.id}/tickets`);
    }
    expect(statuses.length).toBeGreaterThanOrEqual(30);
    expect([last.status, last.body.code, last.headers.get('retry-after')]).toEqual([
      429,
      'rate_limited',
      '2',
    ]);
  });

  it('ends with the terminal: a gone one answers 410 and is told from one that never was', async () => {
    const id = await create();
    await ada.delete(`/v1/terminals/${id}`);
    const gone = await ada.post(`/v1/terminals/${id}/tickets`);
    expect([gone.status, gone.body.code]).toEqual([410, 'terminal_gone']);
    const never = await ada.post('/v1/terminals/trm_AAAAAAAAAAAAAAAAAAAAAA/tickets');
    expect([never.status, never.body.code]).toEqual([404, 'not_found']);
  });

  it('closes sockets within a second when the sandbox is deleted', async () => {
    const id = await create();
    const { url } = (await ada.post(`/v1/terminals/${id}/tickets`)).body;
    const client = await TerminalClient.connect({ url: socketUrl(url) });
    const began = performance.now();
    await ada.delete(`/v1/sandboxes/${sandbox}`);
    expect(await client.frame('exit')).toMatchObject({ reason: 'sandbox_ended' });
    await client.closed;
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
