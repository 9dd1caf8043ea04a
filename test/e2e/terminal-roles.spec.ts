import { Api } from '../support/api.js';
import { OpenApiCheck } from '../support/openapi-check.js';
import { TerminalClient } from '../support/terminal-client.js';
import { startService, type TestService } from '../support/test-app.js';

const LAB = 'net-ovs-two-namespaces';
const DIAZ = { role: 'view', takeover: true, user: 'diaz' };

/** A teacher and a learner on one terminal of the real service. */
describe('a teacher at a learner’s terminal', () => {
  let service: TestService;
  let operator: Api;
  let ada: Api;
  let sandbox: string;
  let terminal: string;
  let learner: TerminalClient;

  beforeAll(async () => {
    const env = {
      WHEELHOUSE_HOST_PROVIDER: 'fake',
      WHEELHOUSE_PTY_LOCAL: 'true',
      WHEELHOUSE_RATE_LIMITS: 'false',
    };
    service = await startService({ env });
    const check = await OpenApiCheck.load(service.url);
    operator = new Api(service.url, service.operatorKey);
    operator.inspect = check.inspect;
    await operator.put('/v1/users/diaz', { displayName: 'R. Diaz' });
    ada = await operator.as('ada');
    sandbox = (await ada.post('/v1/sandboxes', { lab: LAB })).body.id;
  }, 90_000);

  afterAll(() => service?.remove());

  beforeEach(async () => {
    terminal = await create();
    learner = await TerminalClient.connect({ url: await socket(ada) });
    learner.line('PS1="$ "');
    await learner.expect(/2004h\$ $/);
  });

  afterEach(async () => {
    await ada.delete(`/v1/terminals/${terminal}`);
    await learner.closed;
  });

  async function create(): Promise<string> {
    const made = await ada.post(`/v1/sandboxes/${sandbox}/terminals`, { target: { kind: 'local' } });
    expect(made.status).toBe(201);
    return made.body.id;
  }

  async function socket(api: Api, body: object = {}): Promise<string> {
    const minted = await api.post(`/v1/terminals/${terminal}/tickets`, body);
    expect([minted.status, minted.body.code]).toEqual([201, undefined]);
    return service.url.replace('http', 'ws') + minted.body.url;
  }

  async function audited(): Promise<{ action: string; actor: string; detail: Record<string, unknown> }[]> {
    // The log is written behind the back of whoever acts.
    for (let i = 0; ; i++) {
      const { body } = await operator.get(`/v1/audit?subject=${terminal}&limit=200`);
      const { length } = body.items;
      await new Promise((resolve) => setTimeout(resolve, 120));
      const again = await operator.get(`/v1/audit?subject=${terminal}&limit=200`);
      if (again.body.items.length === length || i > 20) return again.body.items.toReversed();
    }
  }

  it('watches in the open: the learner is told of each coming and going', async () => {
    learner.line('echo history-$((1+1))');
    await learner.expect('history-2');
    const teacher = await TerminalClient.connect({ url: await socket(operator, DIAZ) });
    expect(teacher.frames[0]).toMatchObject({ role: 'view', writable: false, driver: false, mode: 'replay' });
    expect(await teacher.expect('history-2')).toContain('echo history');
    const head = teacher.seq;
    expect(await teacher.frame('replay-end')).toMatchObject({ seq: head });
    const told = await learner.frame('peers', (f) => (f['items'] as unknown[]).length === 2);
    expect((told['items'] as object[])[1]).toMatchObject({
      aid: teacher.aid,
      user: { name: 'R. Diaz' },
      kind: 'instructor',
      role: 'view',
    });
    expect((await ada.get(`/v1/terminals/${terminal}/attachments`)).body.items).toHaveLength(2);
    teacher.type('x');
    expect(await teacher.frame('error')).toMatchObject({ code: 'read_only', fatal: false });
    learner.frames.length = 0;
    await teacher.close();
    await learner.frame('peers', (f) => (f['items'] as unknown[]).length === 1);
    expect((await audited()).map(({ action }) => action)).toEqual([
      'ticket.minted',
      'ticket.used',
      'terminal.attached',
      'ticket.minted',
      'ticket.used',
      'terminal.shadowed',
      'terminal.detached',
    ]);
  });

  it('takes over, types and gives back; the learner sees who and when, and the log has it', async () => {
    const teacher = await TerminalClient.connect({
      url: await socket(operator, DIAZ),
      cols: 120,
      rows: 40,
    });
    const stranger = await TerminalClient.connect({ url: await socket(operator, { role: 'view' }) });
    stranger.send({ t: 'take' });
    expect(await stranger.frame('error')).toMatchObject({ code: 'forbidden' });
    teacher.send({ t: 'take' });
    const taken = await learner.frame('driver', (f) => f['writable'] === false);
    expect(taken).toMatchObject({ aid: teacher.aid, user: { name: 'R. Diaz' }, kind: 'instructor' });
    expect(Date.parse(taken['until'] as string)).toBeGreaterThan(Date.now() + 14 * 60_000);
    await learner.frame('size', (f) => f['cols'] === 120);
    learner.type('y');
    expect(await learner.frame('error')).toMatchObject({ code: 'taken_over', fatal: false });
    for (const [what, body] of [
      ['size', { cols: 90, rows: 20 }],
      ['signal', { signal: 'INT' }],
    ] as const) {
      const refused = await ada.post(`/v1/terminals/${terminal}/${what}`, body);
      expect([refused.status, refused.body.code]).toEqual([409, 'taken_over']);
    }
    teacher.line('echo shown-$((1+1))');
    await learner.expect('shown-2');
    await learner.expect('$ ');
    learner.frames.length = 0;
    teacher.send({ t: 'release' });
    expect(await learner.frame('driver')).toMatchObject({ aid: learner.aid, kind: 'owner', writable: true });
    learner.line('echo mine-$((1+1))');
    expect(await learner.expect('mine-2')).not.toContain('y');
    learner.send({ t: 'signal', sig: 'INT' });
    await learner.expect('$ ');
    const signals = (await audited()).filter(({ action }) => action === 'terminal.signal');
    expect(signals.map(({ detail }) => detail['signal'])).toEqual(['INT']);
    const events = (await audited()).filter(({ action }) => /taken|given/.test(action));
    expect(events.map(({ action, detail }) => [action, detail['why'] ?? null])).toEqual([
      ['terminal.taken_over', null],
      ['terminal.given_back', 'released'],
    ]);
    expect(events[0]!.actor).toMatch(/^usr_/);
    await teacher.close();
    await stranger.close();
  });

  it('does so by HTTP as well, with its own attachment alone', async () => {
    const teacher = await TerminalClient.connect({ url: await socket(operator, DIAZ) });
    const path = `/v1/terminals/${terminal}`;
    const stolen = await ada.post(`${path}/take`, { aid: teacher.aid });
    expect([stolen.status, stolen.body.code]).toEqual([403, 'forbidden']);
    expect((await operator.post(`${path}/give-back`, { aid: teacher.aid })).status).toBe(403);
    expect((await operator.post(`${path}/take`, { aid: teacher.aid })).status).toBe(202);
    await learner.frame('driver', (f) => f['writable'] === false);
    expect((await operator.post(`${path}/give-back`, { aid: teacher.aid })).status).toBe(202);
    await learner.frame('driver', (f) => f['writable'] === true);
    await teacher.close();
  });

  it('is refused while the learner cannot be told, until its page follows the events', async () => {
    await learner.close();
    const teacher = await TerminalClient.connect({ url: await socket(operator, DIAZ) });
    const take = () => operator.post(`/v1/terminals/${terminal}/take`, { aid: teacher.aid });
    const refused = await take();
    expect([refused.status, refused.body.code]).toEqual([409, 'learner_not_informable']);
    const stop = new AbortController();
    const token = (await operator.post('/v1/users/ada/tokens')).body.token as string;
    const stream = await fetch(`${service.url}/v1/events?sandbox=${sandbox}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: stop.signal,
    });
    expect((await take()).status).toBe(202);
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('event: terminal.taken_over')) text += (await reader.read()).value ?? '';
    expect(text).toContain('"by":"R. Diaz"');
    stop.abort();
    await teacher.close();
    learner = await TerminalClient.connect({ url: await socket(ada) });
  });

  it('is sent away by the learner with 4403, and by the end of its key within a second', async () => {
    const key = (
      await operator.post('/v1/api-keys', {
        name: 'school',
        scopes: ['sandboxes:read', 'terminals:shadow'],
      })
    ).body;
    const school = new Api(service.url, key.key);
    const first = await TerminalClient.connect({ url: await socket(school, { role: 'view' }) });
    expect((await ada.delete(`/v1/terminals/${terminal}/attachments/${first.aid}`)).status).toBe(202);
    expect((await first.closed).code).toBe(4403);
    const second = await TerminalClient.connect({ url: await socket(school, { role: 'view' }) });
    const began = performance.now();
    await operator.delete(`/v1/api-keys/${key.id}`);
    expect((await second.closed).code).toBe(4403);
    expect(performance.now() - began).toBeLessThan(1000);
    const over = await school.post(`/v1/terminals/${terminal}/tickets`, { role: 'view' });
    expect(over.status).toBe(401);
  });

  it('needs the right for each role', async () => {
    const made = await operator.post('/v1/api-keys', { name: 'reader', scopes: ['sandboxes:read'] });
    const reader = new Api(service.url, made.body.key);
    const tickets = `/v1/terminals/${terminal}/tickets`;
    for (const [api, body] of [
      [reader, { role: 'write' }],
      [reader, { role: 'view' }],
      [ada, DIAZ],
    ] as const) {
      const answer = await api.post(tickets, body);
      expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
    }
    const mixed = await operator.post(tickets, { role: 'write', takeover: true });
    expect([mixed.status, mixed.body.code]).toEqual([400, 'validation_failed']);
    const nobody = await operator.post(tickets, { role: 'view', user: 'nobody' });
    expect(nobody.body.detail).toContain('user: there is no user "nobody"');
  });

  it('may be many pages of the same learner: whoever types drives', async () => {
    const second = await TerminalClient.connect({ url: await socket(ada), cols: 90, rows: 25 });
    await second.frame('replay-end');
    second.line('echo two-$((1+1))');
    await learner.expect('two-2');
    expect(await learner.frame('driver', (f) => f['aid'] === second.aid)).toMatchObject({ writable: true });
    learner.send({ t: 'take' });
    await second.frame('driver', (f) => f['aid'] === learner.aid);
    await second.close();
  });
});

describe('the audit log', () => {
  it('cannot be changed, not even by the service', async () => {
    const env = { WHEELHOUSE_HOST_PROVIDER: 'fake' };
    const service = await startService({ env });
    try {
      const bad = await fetch(`${service.url}/v1/audit`);
      expect(bad.status).toBe(401);
      const operator = new Api(service.url, service.operatorKey);
      const ada = await operator.as('ada');
      expect((await ada.get('/v1/audit')).body.code).toBe('forbidden');
    } finally {
      await service.remove();
    }
  }, 60_000);
});
