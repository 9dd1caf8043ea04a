import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AddressGuard } from '../../src/webhooks/address-guard.js';
import { post } from '../../src/webhooks/post.js';
import { Api } from '../support/api.js';
import { EventCheck } from '../support/event-check.js';
import { readStream } from '../support/event-stream.js';
import { OpenApiCheck } from '../support/openapi-check.js';
import { startService, type TestService } from '../support/test-app.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const LAB = 'net-ovs-two-namespaces';

describe('webhooks and the stream of events', () => {
  let service: TestService;
  let api: Api;
  const receiver = new WebhookReceiver();

  beforeAll(async () => {
    service = await startService({
      env: { WHEELHOUSE_HOST_PROVIDER: 'fake', WHEELHOUSE_WEBHOOK_ALLOW: '127.0.0.1/32' },
    });
    api = new Api(service.url, service.operatorKey);
    api.inspect = (await OpenApiCheck.load(service.url)).inspect;
    await receiver.open();
  }, 90_000);

  afterAll(async () => {
    await receiver.close();
    await service.remove();
  }, 60_000);

  it('are made, shown without their secret, tested, changed, listed and deleted', async () => {
    const made = await api.post('/v1/webhooks', { url: receiver.url, types: ['sandbox.state'] });
    expect(made.status).toBe(201);
    receiver.secret = made.body.secret;
    const path = `/v1/webhooks/${made.body.id}`;
    const shown = await api.get(path);
    expect(shown.body).toMatchObject({ url: receiver.url, enabled: true, types: ['sandbox.state'] });
    expect(JSON.stringify([shown.body, (await api.get('/v1/webhooks')).body])).not.toContain('secret');
    expect((await api.post(`${path}/test`)).body).toEqual({ ok: true, status: 204, error: null });
    (await EventCheck.load(service.url)).body(receiver.all[0]!.body);

    const { id } = (await api.post('/v1/sandboxes', { lab: LAB, user: 'ada' })).body;
    const states = () => receiver.kept.filter((m) => m.body.data.sandboxId === id);
    await receiver.until(() => states().length === 2);
    const listed = async () => (await api.get(`${path}/deliveries?limit=1`)).body;
    while ((await listed()).items[0].status !== 'delivered') await new Promise((r) => setTimeout(r, 20));
    const { items, nextCursor } = await listed();
    expect(items[0]).toMatchObject({ id: states()[1]!.id, type: 'sandbox.state', attempts: 1 });
    expect((await api.get(`${path}/deliveries?cursor=${nextCursor}`)).body.items[0].id).toBe(states()[0]!.id);
    const again = await api.post(`${path}/deliveries/${items[0].n}/redeliver`);
    expect([again.status, again.body.status]).toEqual([202, 'pending']);
    await receiver.until(() => receiver.all.filter((m) => m.id === states()[1]!.id).length === 2);

    const change = (body: object) => api.send('PATCH', path, JSON.stringify(body), {});
    expect((await change({ enabled: false })).body).toMatchObject({ enabled: false, disabledWhy: 'asked' });
    await api.delete(`/v1/sandboxes/${id}`);
    expect((await change({ enabled: true })).body).toMatchObject({ enabled: true, disabledWhy: null });
    await receiver.until(() => states().length === 3);
    expect(states().map((m) => (m.body.data.payload as any).state)).toEqual([
      'provisioning',
      'ready',
      'releasing',
    ]);
    expect((await api.delete(path)).status).toBe(204);
    expect((await api.get(path)).status).toBe(404);
    expect(receiver.wrong).toEqual([]);
  }, 60_000);

  it.each([
    ['http://10.0.0.1/', 'takes https alone'],
    ['https://169.254.169.254/latest/meta-data', 'is an internal address'],
    ['https://[fd00::1]/', 'is an internal address'],
    ['ftp://school.example/', 'https://'],
  ])('are refused for %s', async (url, why) => {
    const { status, body } = await api.post('/v1/webhooks', { url });
    expect([status, body.code, body.detail]).toEqual([
      400,
      'validation_failed',
      expect.stringContaining(why),
    ]);
  });

  it('name the events that there are, when one is asked for that is none', async () => {
    const { status, body } = await api.post('/v1/webhooks', { url: receiver.url, types: ['sandbox.gone'] });
    expect([status, body.errors[0].path]).toEqual([400, 'types[0]']);
    expect(body.detail).toContain('sandbox.state');
  });

  it('stream what was asked for, resume, and begin anew with a reset where the feed does not reach', async () => {
    const { id } = (await api.post('/v1/sandboxes', { lab: LAB, user: 'bob' })).body;
    await api.post(`/v1/sandboxes/${id}/extend`);
    const read = (after: string, query: string, count: number) =>
      readStream({
        url: `${service.url}/v1/events?sandbox=${id}${query}`,
        credential: service.operatorKey,
        after,
        enough: (frames) => frames.length >= count,
      });
    const all = await read('0-0', '', 3);
    expect(all.map((f) => f.event)).toEqual(['sandbox.state', 'sandbox.state', 'sandbox.extended']);
    expect((await read(all[0]!.id, '', 2)).map((f) => f.id)).toEqual([all[1]!.id, all[2]!.id]);
    expect((await read('0-0', '&types=sandbox.extended', 1))[0]!.id).toBe(all[2]!.id);
    const check = await EventCheck.load(service.url);
    for (const frame of all) check.event(frame.data);
    const lost = await read('1-999999', '', 1);
    expect([lost[0]!.event, lost[0]!.id]).toEqual(['reset', (lost[0]!.data as { cursor: string }).cursor]);
    const wrong = await fetch(`${service.url}/v1/events?types=nothing`, {
      headers: { authorization: `Bearer ${service.operatorKey}` },
    });
    expect(wrong.status).toBe(400);
  });

  it('end with the key that opened the stream', async () => {
    const key = (await api.post('/v1/api-keys', { name: 'x', scopes: ['events:read'] })).body;
    const response = await fetch(`${service.url}/v1/events`, {
      headers: { authorization: `Bearer ${key.key}` },
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toMatch(/^id: \d+-\d+\n\n$/);
    await api.delete(`/v1/api-keys/${key.id}`);
    expect((await reader.read()).done).toBe(true);
  });
});

describe('one post', () => {
  let server: Server;
  let url: URL;
  const asked: string[] = [];
  const guard = new AddressGuard(['127.0.0.1/32']);
  const once = (path: string, timeoutMs = 5000) =>
    post({ url: new URL(path, url), headers: {}, body: '{}', guard, timeoutMs });

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url!);
      if (request.url === '/away') response.writeHead(302, { location: '/elsewhere' }).end();
      else if (request.url === '/busy')
        response.writeHead(429, { 'retry-after': '7' }).end('slow\u0000 down');
      else if (request.url === '/much') response.writeHead(500).write('x'.repeat(100_000));
      // Otherwise nothing is ever answered.
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('follows no redirect', async () => {
    expect(await once('/away')).toMatchObject({ ok: false, status: 302, error: 'HTTP 302' });
    expect(asked).toEqual(['/away']);
  });

  it('says what was answered, and how long to wait', async () => {
    expect(await once('/busy')).toMatchObject({
      status: 429,
      error: 'HTTP 429: slow down',
      retryAfterMs: 7000,
    });
  });

  it('does not wait for the end of a long answer', async () => {
    const outcome = await once('/much');
    expect(outcome).toMatchObject({ ok: false, status: 500 });
    expect(outcome.error!.length).toBeLessThan(250);
  });

  it('gives up in time', async () => {
    expect(await once('/silent', 100)).toMatchObject({
      ok: false,
      status: null,
      error: 'no answer within 0.1 s',
    });
  });

  it('goes nowhere that the guard refuses', async () => {
    const refused = await post({ url, headers: {}, body: '{}', guard: new AddressGuard([]) });
    expect(refused).toMatchObject({ ok: false, status: null, noConnection: false });
    expect(refused.error).toContain('WHEELHOUSE_WEBHOOK_ALLOW');
  });
});
