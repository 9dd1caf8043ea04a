import { Api } from '../support/api.js';
import { OpenApiCheck } from '../support/openapi-check.js';
import { startService, stopDatabase, type TestService } from '../support/test-app.js';

const LAB = 'net-ovs-two-namespaces';

/** The HTTP surface over the fake lab host: everything but the kernel is real. */
describe('the HTTP API', () => {
  let service: TestService;
  let operator: Api;
  let check: OpenApiCheck;

  beforeAll(async () => {
    service = await startService({ env: { WHEELHOUSE_HOST_PROVIDER: 'fake' } });
    check = await OpenApiCheck.load(service.url);
    operator = new Api(service.url, service.operatorKey);
    operator.inspect = check.inspect;
  }, 90_000);

  afterAll(() => service.remove());

  const anonymous = () => new Api(service.url, '');

  it('serves a document of OpenAPI 3.1', () => {
    expect(check.document.openapi).toBe('3.1.0');
    expect(Object.keys(check.document.paths)).toEqual(
      expect.arrayContaining([
        '/v1/labs',
        '/v1/users/{externalId}',
        '/v1/sandboxes',
        '/v1/events',
        '/v1/api-keys',
      ]),
    );
  });

  it('answers health without a credential and nothing else', async () => {
    expect((await anonymous().get('/healthz')).body).toEqual({ status: 'ok' });
    expect((await anonymous().get('/readyz')).body).toEqual({ status: 'ok' });
    const refused = await anonymous().get('/v1/sandboxes');
    expect([refused.status, refused.body.code]).toEqual([401, 'unauthenticated']);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
  });

  it('allocates, shows, extends, resets and releases', async () => {
    const made = await operator.post('/v1/sandboxes', { lab: LAB, user: 'ada' });
    expect([made.status, made.body.state]).toEqual([201, 'ready']);
    expect(made.headers.get('location')).toBe(`/v1/sandboxes/${made.body.id}`);
    const again = await operator.post('/v1/sandboxes', { lab: LAB, user: 'ada' });
    expect([again.status, again.body.id]).toEqual([200, made.body.id]);

    const extended = await operator.post(`/v1/sandboxes/${made.body.id}/extend`);
    expect(Date.parse(extended.body.expiresAt) - Date.parse(made.body.expiresAt)).toBe(15 * 60_000);
    const steps = await operator.get(`/v1/sandboxes/${made.body.id}/steps`);
    expect(steps.body.items.every((s: { state: string }) => s.state === 'done')).toBe(true);

    const reset = await operator.post(`/v1/sandboxes/${made.body.id}/reset`);
    expect(reset.status).toBe(201);
    expect(reset.body).toMatchObject({
      state: 'ready',
      replacesId: made.body.id,
      expiresAt: extended.body.expiresAt,
    });

    const gone = await operator.delete(`/v1/sandboxes/${reset.body.id}`);
    expect(gone.status).toBe(202);
    const twice = await operator.delete(`/v1/sandboxes/${reset.body.id}`);
    expect(twice.status).toBe(202);
    const ended = await operator.post(`/v1/sandboxes/${made.body.id}/extend`);
    expect([ended.status, ended.body.code]).toEqual([410, 'sandbox_expired']);
  });

  it('extends no further than the cap', async () => {
    const made = await operator.post('/v1/sandboxes', { lab: LAB, user: 'cap' });
    const codes: string[] = [];
    for (let i = 0; i < 8; i++) {
      const answer = await operator.post(`/v1/sandboxes/${made.body.id}/extend`);
      codes.push(answer.body.code ?? 'ok');
    }
    // 45 minutes of the lab, 15 a time, 2 hours in all.
    expect(codes).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'extend_limit', 'extend_limit', 'extend_limit']);
    await operator.delete(`/v1/sandboxes/${made.body.id}`);
  });

  it('gives one sandbox for a double click, and one for a repeated Idempotency-Key', async () => {
    const click = () => operator.post('/v1/sandboxes', { lab: LAB, user: 'double' });
    const both = await Promise.all([click(), click()]);
    expect(new Set(both.map((b) => b.body.id)).size).toBe(1);

    const keyed = (user: string) =>
      operator.post('/v1/sandboxes', { lab: LAB, user }, { 'idempotency-key': 'k1' });
    const first = await keyed('keyed');
    const second = await keyed('keyed');
    expect([second.status, second.body]).toEqual([first.status, first.body]);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    const other = await keyed('other');
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_mismatch']);
    await Promise.all([both[0]!, first].map((a) => operator.delete(`/v1/sandboxes/${a.body.id}`)));
  });

  it('shows a learner nothing of another one', async () => {
    const ada = await operator.as('ada2');
    const bob = await operator.as('bob2');
    const own = await ada.post('/v1/sandboxes', { lab: LAB });
    expect(own.status).toBe(201);
    for (const path of ['', '/steps', '/progress', '/terminals']) {
      const answer = await bob.get(`/v1/sandboxes/${own.body.id}${path}`);
      expect([path, answer.status, answer.body.code]).toEqual([path, 404, 'not_found']);
    }
    const list = await bob.get('/v1/sandboxes');
    expect(list.body.items).toEqual([]);
    expect((await bob.get('/v1/users')).body.code).toBe('forbidden');
    expect((await bob.get('/v1/api-keys')).body.code).toBe('forbidden');
    await ada.delete(`/v1/sandboxes/${own.body.id}`);
  });

  it('renews a learner token, makes and revokes API keys', async () => {
    await operator.put('/v1/users/renew', { displayName: 'R', locale: 'en' });
    const { body } = await operator.post('/v1/users/renew/tokens');
    const renewed = await new Api(service.url, body.token).post('/v1/tokens/renew');
    expect(renewed.status).toBe(200);
    const forged = await new Api(service.url, `${body.token.slice(0, -4)}AAAA`).post('/v1/tokens/renew');
    expect([forged.status, forged.body.code]).toEqual([401, 'unauthenticated']);

    const made = await operator.post('/v1/api-keys', { name: 'platform', scopes: ['sandboxes:read'] });
    const platform = new Api(service.url, made.body.key);
    expect((await platform.get('/v1/sandboxes')).status).toBe(200);
    const write = await platform.post('/v1/sandboxes', { lab: LAB, user: 'x' });
    expect([write.status, write.body.code]).toEqual([403, 'forbidden']);
    expect((await operator.delete(`/v1/api-keys/${made.body.id}`)).status).toBe(204);
    expect((await platform.get('/v1/sandboxes')).status).toBe(401);
    expect((await operator.get('/v1/api-keys')).body.items.length).toBeGreaterThan(1);
  });

  it.each([
    ['an unknown lab', 'POST', '/v1/sandboxes', { lab: 'no-such-lab', user: 'x' }, 404, 'not_found'],
    ['a lab id with capitals', 'POST', '/v1/sandboxes', { lab: 'NO', user: 'x' }, 400, 'validation_failed'],
    [
      'a user id of 200 letters',
      'POST',
      '/v1/sandboxes',
      { lab: LAB, user: 'u'.repeat(200) },
      400,
      'validation_failed',
    ],
    ['no user', 'POST', '/v1/sandboxes', { lab: LAB }, 400, 'validation_failed'],
    ['an unknown field', 'POST', '/v1/sandboxes', { lab: LAB, user: 'x', cpu: 9 }, 400, 'validation_failed'],
    ['an array', 'POST', '/v1/sandboxes', [], 400, 'validation_failed'],
    ['a sandbox id that is none', 'GET', '/v1/sandboxes/../../etc', undefined, 404, 'not_found'],
    [
      'a sandbox id too long',
      'GET',
      `/v1/sandboxes/sb_${'a'.repeat(400)}`,
      undefined,
      400,
      'validation_failed',
    ],
    ['a sandbox that is not there', 'GET', '/v1/sandboxes/sb_aaaaaaaaaa', undefined, 404, 'not_found'],
    ['an unknown path', 'GET', '/v1/nothing', undefined, 404, 'not_found'],
  ])('refuses %s and says why', async (_name, method, path, body, status, code) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await operator.send(method, path, text, {});
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.detail.length).toBeGreaterThan(10);
  });

  it('refuses a body of 10 MB and one that is no JSON', async () => {
    const large = await operator.post('/v1/sandboxes', { lab: LAB, user: 'x', pad: 'p'.repeat(10_000_000) });
    expect([large.status, large.body.code]).toEqual([413, 'payload_too_large']);
    const broken = await operator.send('POST', '/v1/sandboxes', '{"lab":', {});
    expect([broken.status, broken.body.code]).toEqual([400, 'validation_failed']);
  });

  it('streams events and resumes them after the last one seen', async () => {
    const made = await operator.post('/v1/sandboxes', { lab: LAB, user: 'feed' });
    const read = async (headers: Record<string, string>, until: string) => {
      const abort = new AbortController();
      const timer = setTimeout(() => abort.abort(new Error(`no ${until} within 10 s`)), 10_000);
      const response = await fetch(`${service.url}/v1/events?sandbox=${made.body.id}`, {
        headers: { authorization: `Bearer ${service.operatorKey}`, ...headers },
        signal: abort.signal,
      });
      let text = '';
      for await (const chunk of response.body!) {
        text += new TextDecoder().decode(chunk as Uint8Array);
        if (text.includes(until)) break;
      }
      clearTimeout(timer);
      abort.abort();
      return text;
    };
    const reading = read({}, 'sandbox.extended');
    await operator.post(`/v1/sandboxes/${made.body.id}/extend`);
    // The stream may have begun after the first extension; a second one is seen in any case.
    await operator.post(`/v1/sandboxes/${made.body.id}/extend`);
    const id = /^id: (\S+)$/m.exec(await reading)![1]!;
    await operator.delete(`/v1/sandboxes/${made.body.id}`);
    const rest = await read({ 'last-event-id': id }, '"released"');
    expect(rest).toContain('"releasing"');
    expect(rest).not.toContain(`id: ${id}\n`);
    expect(await read({ 'last-event-id': '1-999999999' }, 'event: reset')).toContain('event: reset');
  });

  it('says that the database is away, and goes on when it is back, with nothing lost', async () => {
    const made = await operator.post('/v1/sandboxes', { lab: LAB, user: 'outage' });
    await stopDatabase(service.stateDir);
    const away = await operator.post('/v1/sandboxes', { lab: LAB, user: 'outage2' });
    expect([away.status, away.body.code, away.body.retryable]).toEqual([503, 'database_unavailable', true]);
    expect((await anonymous().get('/healthz')).status).toBe(200);
    const deadline = Date.now() + 20_000;
    let back = await operator.post('/v1/sandboxes', { lab: LAB, user: 'outage2' });
    while (back.status === 503 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      back = await operator.post('/v1/sandboxes', { lab: LAB, user: 'outage2' });
    }
    expect(back.status).toBe(201);
    expect((await operator.get(`/v1/sandboxes/${made.body.id}`)).body.state).toBe('ready');
    const extended = await operator.post(`/v1/sandboxes/${made.body.id}/extend`);
    expect(extended.status).toBe(200);
    await Promise.all([made, back].map((a) => operator.delete(`/v1/sandboxes/${a.body.id}`)));
  }, 60_000);
});
