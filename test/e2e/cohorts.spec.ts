import { Api, type ApiAnswer } from '../support/api.js';
import { OpenApiCheck } from '../support/openapi-check.js';
import { TerminalClient } from '../support/terminal-client.js';
import { startService, type TestService } from '../support/test-app.js';

const LAB = 'net-ovs-two-namespaces';
const HOUR = 3_600_000;
const later = (ms: number) => new Date(Date.now() + ms).toISOString();

describe('cohorts', () => {
  let service: TestService;
  let operator: Api;

  beforeAll(async () => {
    service = await startService({ env: { WHEELHOUSE_HOST_PROVIDER: 'fake', WHEELHOUSE_PTY_LOCAL: 'true' } });
    const check = await OpenApiCheck.load(service.url);
    operator = new Api(service.url, service.operatorKey);
    operator.inspect = check.inspect;
  }, 90_000);

  afterAll(() => service?.remove(), 60_000);

  const make = async (slug: string, more: object = {}): Promise<string> => {
    const made = await operator.post('/v1/cohorts', { slug, title: `Class ${slug}`, ...more });
    expect(made.status).toBe(201);
    return made.body.id;
  };
  const patch = (path: string, body: object) => operator.send('PATCH', path, JSON.stringify(body), {});
  const join = (slug: string, ...users: string[]) =>
    operator.put(`/v1/cohorts/${slug}/members`, { members: users.map((user) => ({ user })) });
  const instructor = async (user: string): Promise<Api> => {
    await operator.put(`/v1/users/${user}`, { displayName: `Professor ${user}` });
    const { body } = await operator.post(`/v1/users/${user}/tokens`, { as: 'instructor' });
    const api = new Api(service.url, body.token);
    api.inspect = operator.inspect;
    return api;
  };
  const allocate = (api: Api, body: object) => api.post('/v1/sandboxes', { lab: LAB, ...body });
  const outcome = ({ status, body }: ApiAnswer) => [status, body.code ?? body.state];

  it('are made, found by id and by name, changed and deleted', async () => {
    const id = await make('net-2026', { closesAt: later(HOUR) });
    expect((await operator.get('/v1/cohorts/net-2026')).body).toMatchObject({ id, phase: 'open' });
    expect((await operator.get(`/v1/cohorts/${id}`)).body.slug).toBe('net-2026');
    expect((await operator.post('/v1/cohorts', { slug: 'net-2026', title: 'x' })).body.code).toBe('conflict');
    const changed = await patch('/v1/cohorts/net-2026', { title: 'Networks', opensAt: later(HOUR / 2) });
    expect(changed.body).toMatchObject({ title: 'Networks', phase: 'scheduled' });
    const wrong = await patch('/v1/cohorts/net-2026', { opensAt: later(2 * HOUR) });
    expect([wrong.status, wrong.body.detail]).toEqual([400, 'closesAt: must be after opensAt.']);
    const { body } = await operator.get('/v1/cohorts?limit=1');
    expect([body.items[0].id, body.nextCursor]).toEqual([id, null]);
    expect((await operator.delete('/v1/cohorts/net-2026')).status).toBe(204);
    expect((await operator.get(`/v1/cohorts/${id}`)).status).toBe(404);
  });

  it('say what is wrong with a schedule of warm clusters', async () => {
    const ask = (lab: string) =>
      operator.post('/v1/cohorts', {
        slug: 'warm',
        title: 'x',
        prewarm: [{ lab, count: 2, at: later(HOUR) }],
      });
    expect((await ask('no-such-lab')).body.detail).toContain('prewarm[0].lab: There is no lab "no-such-lab"');
    expect((await ask(LAB)).body.detail).toContain('has no cluster');
    expect((await ask('k8s-scale')).status).toBe(201);
  });

  it('take members in bulk, make users on the way, and change nothing when one of them is wrong', async () => {
    await make('bulk');
    const named = Array.from({ length: 300 }, (_, i) => ({ user: `bulk-${i}`, displayName: `Learner ${i}` }));
    const put = (members: object[], replace = false) =>
      operator.put('/v1/cohorts/bulk/members', { members, replace });
    expect((await put(named)).body).toEqual({ added: 300, updated: 0, removed: 0 });
    const { body: page } = await operator.get('/v1/cohorts/bulk/members?limit=200');
    expect(page.items).toHaveLength(200);
    const rest = await operator.get(`/v1/cohorts/bulk/members?limit=200&cursor=${page.nextCursor}`);
    expect([rest.body.items.length, rest.body.nextCursor]).toEqual([100, null]);
    const { userId, displayName } = page.items[0];
    expect(displayName).toMatch(/^Learner \d+$/);
    const wrong = await put([{ user: 'new-one' }, { userId: 'usr_none' }]);
    expect([wrong.status, wrong.body.errors]).toEqual([
      400,
      [{ path: 'members[1].userId', message: 'there is no user "usr_none"' }],
    ]);
    expect((await put([{ user: 'a', userId }])).body.detail).toContain('exactly one of user, userId');
    const kept = await put([{ userId, group: 'b', role: 'instructor' }, { user: 'new-one' }], true);
    expect(kept.body).toEqual({ added: 1, updated: 1, removed: 299 });
    const { body } = await operator.get('/v1/cohorts/bulk/members?role=instructor&group=b');
    expect(body.items).toEqual([expect.objectContaining({ userId, displayName, group: 'b' })]);
    const crowd = Array.from({ length: 2000 }, (_, i) => ({ user: `crowd-${i}` }));
    expect((await put(crowd)).body.detail).toContain('would have 2002; it may have 2000');
    expect((await operator.get('/v1/cohorts/bulk/members')).body.items).toHaveLength(2);
    expect((await operator.delete('/v1/cohorts/bulk/members/new-one')).status).toBe(204);
    expect((await operator.delete('/v1/cohorts/bulk/members/new-one')).status).toBe(404);
    expect((await operator.delete(`/v1/cohorts/bulk/members/${userId}`)).status).toBe(204);
  });

  it('open and close: what comes too early or too late is refused, and the close ends what there is', async () => {
    await make('timed', { opensAt: later(HOUR), closesAt: later(2 * HOUR) });
    await join('timed', 'tim');
    const early = await allocate(operator, { user: 'tim', cohort: 'timed' });
    expect(outcome(early)).toEqual([409, 'cohort_not_open']);
    expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(3000);
    await patch('/v1/cohorts/timed', { opensAt: null });
    const { body: sandbox } = await allocate(operator, { user: 'tim', cohort: 'timed' });
    expect(sandbox.cohortId).toMatch(/^coh_/);
    const soon = later(HOUR / 4);
    await patch('/v1/cohorts/timed', { closesAt: soon });
    expect((await operator.get(`/v1/sandboxes/${sandbox.id}`)).body.expiresAt).toBe(soon);
    expect((await operator.post(`/v1/sandboxes/${sandbox.id}/extend`)).body.code).toBe('extend_limit');
    await patch('/v1/cohorts/timed', { closesAt: later(0) });
    const ended = await until(`/v1/sandboxes/${sandbox.id}`, (body) => body.state === 'released');
    expect(ended.failure.code).toBe('sandbox_expired');
    expect(outcome(await allocate(operator, { user: 'tim', cohort: 'timed' }))).toEqual([
      409,
      'cohort_closed',
    ]);
    expect((await operator.delete('/v1/cohorts/timed')).status).toBe(204);
    expect((await operator.get(`/v1/sandboxes/${sandbox.id}`)).body.cohortId).toBeNull();
  });

  it('take their own learners alone, and bind a token to one of them', async () => {
    await make('bound');
    await make('elsewhere');
    await join('bound', 'bea');
    const notIn = await allocate(operator, { user: 'bea', cohort: 'elsewhere' });
    expect(outcome(notIn)).toEqual([403, 'forbidden']);
    expect((await operator.post('/v1/users/bea/tokens', { cohort: 'elsewhere' })).status).toBe(403);
    const { body } = await operator.post('/v1/users/bea/tokens', { cohort: 'bound' });
    const bea = new Api(service.url, body.token);
    expect(outcome(await allocate(bea, { cohort: 'elsewhere' }))).toEqual([403, 'forbidden']);
    const got = await allocate(bea, {});
    expect(got.body.cohortId).toBe((await operator.get('/v1/cohorts/bound')).body.id);
    const renewed = await bea.post('/v1/tokens/renew');
    const again = await allocate(new Api(service.url, renewed.body.token), {});
    expect(again.body.id).toBe(got.body.id);
    const plain = await operator.as('bea');
    expect((await allocate(plain, { cohort: 'elsewhere' })).body.detail).toContain('no cohort "elsewhere"');
    expect((await operator.delete('/v1/cohorts/bound')).body.code).toBe('conflict');
  });

  it('keep to the quotas of tenant, user and cohort, also when all ask at once', async () => {
    await make('small', { maxSandboxes: 3 });
    const users = Array.from({ length: 8 }, (_, i) => `small-${i}`);
    await join('small', ...users);
    const all = await Promise.all(users.map((user) => allocate(operator, { user, cohort: 'small' })));
    const codes = all.map(({ status, body }) => (status < 300 ? 'given' : body.code));
    expect(codes.filter((code) => code === 'given')).toHaveLength(3);
    expect(codes.filter((code) => code === 'quota_exceeded')).toHaveLength(5);
    await operator.put('/v1/users/small-0', { maxSandboxes: 0 });
    const mine = await allocate(operator, { user: 'small-0' });
    expect(mine.body.detail ?? '').toMatch(codes[0] === 'given' ? /^$/ : /The user has 0 of 0/);
    const { body: tenant } = await operator.get('/v1/tenant');
    expect(tenant.maxSandboxes).toBeNull();
    await patch('/v1/tenant', { maxSandboxes: 1 });
    expect((await allocate(operator, { user: 'one-more' })).body.detail).toMatch(/^The tenant has \d+ of 1/);
    await patch('/v1/tenant', { maxSandboxes: null, maxSandboxesPerUser: 0 });
    expect((await allocate(operator, { user: 'one-more' })).body.detail).toMatch(/^The user has 0 of 0/);
    await operator.put('/v1/users/one-more', { maxSandboxes: 1 });
    expect((await allocate(operator, { user: 'one-more' })).status).toBe(201);
    await patch('/v1/tenant', { maxSandboxesPerUser: null });
  });

  it('show an instructor their own cohort, its sandboxes and terminals, and nothing else', async () => {
    const id = await make('taught');
    await make('foreign');
    await join('taught', 'ann');
    await join('foreign', 'fay');
    const members = [{ user: 'prof', role: 'instructor' }];
    await operator.put('/v1/cohorts/taught/members', { members });
    const prof = await instructor('prof');
    const ann = (await allocate(operator, { user: 'ann', cohort: 'taught' })).body.id;
    const fay = (await allocate(operator, { user: 'fay', cohort: 'foreign' })).body.id;
    const loose = (await allocate(operator, { user: 'lou' })).body.id;
    expect((await prof.get('/v1/cohorts')).body.items.map((c: { id: string }) => c.id)).toEqual([id]);
    expect((await prof.get('/v1/cohorts/foreign')).status).toBe(404);
    const listed = await prof.get('/v1/sandboxes');
    expect(listed.body.items.map((s: { id: string }) => s.id)).toEqual([ann]);
    expect((await prof.get(`/v1/sandboxes/${ann}/progress`)).status).toBe(200);
    for (const hidden of [fay, loose]) expect((await prof.get(`/v1/sandboxes/${hidden}`)).status).toBe(404);
    expect((await prof.delete(`/v1/sandboxes/${ann}`)).status).toBe(403);
    expect((await allocate(prof, { user: 'ann' })).status).toBe(403);
    expect((await prof.put('/v1/cohorts/taught/members', { members: [] })).status).toBe(403);

    const terminal = await operator.post(`/v1/sandboxes/${ann}/terminals`, { target: { kind: 'local' } });
    const tickets = `/v1/terminals/${terminal.body.id}/tickets`;
    expect((await prof.get(`/v1/sandboxes/${ann}/terminals`)).body.items).toHaveLength(1);
    expect((await prof.post(tickets, { role: 'view' })).status).toBe(201);
    expect((await prof.post(tickets, { role: 'write' })).status).toBe(403);
    expect((await prof.post(tickets, { role: 'view', user: 'ann' })).status).toBe(403);

    const { url } = (await prof.post(tickets, { role: 'view' })).body;
    const watching = await TerminalClient.connect({ url: service.url.replace('http', 'ws') + url });
    await operator.delete('/v1/cohorts/taught/members/prof');
    await watching.closed;
    expect((await prof.get('/v1/cohorts/taught')).status).toBe(404);
    expect((await prof.get(`/v1/sandboxes/${ann}`)).status).toBe(404);
    expect((await prof.post(tickets, { role: 'view' })).status).toBe(404);
  });

  it('put their id on every event, so that a cohort has a feed of its own', async () => {
    const id = await make('fed');
    await join('fed', 'fred');
    const stop = new AbortController();
    const response = await fetch(`${service.url}/v1/events?cohort=${id}`, {
      headers: { authorization: `Bearer ${service.operatorKey}` },
      signal: stop.signal,
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const loose = (await allocate(operator, { user: 'nobody' })).body.id;
    const fred = (await allocate(operator, { user: 'fred', cohort: 'fed' })).body.id;
    await operator.post(`/v1/sandboxes/${fred}/extend`);
    let text = '';
    while (!text.includes('sandbox.extended')) text += (await reader.read()).value ?? '';
    stop.abort();
    expect(text).toContain(`"cohortId":"${id}"`);
    expect(text).toContain(fred);
    expect(text).not.toContain(loose);
  });

  async function until(path: string, test: (body: any) => boolean): Promise<any> {
    for (;;) {
      const { body } = await operator.get(path);
      if (test(body)) return body;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
});
