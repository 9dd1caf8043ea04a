import { Api } from '../support/api.js';
import { OpenApiCheck } from '../support/openapi-check.js';
import { TerminalClient } from '../support/terminal-client.js';
import { startService, type TestService } from '../support/test-app.js';

const LAB = 'net-ovs-two-namespaces';

/** Terminals of the real application, with shells of this machine in place of lab hosts. */
describe('terminals over HTTP', () => {
  let service: TestService;
  let operator: Api;
  let ada: Api;
  let sandbox: string;

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
    ada = await operator.as('ada');
    sandbox = (await ada.post('/v1/sandboxes', { lab: LAB })).body.id;
  }, 90_000);

  afterAll(() => service.remove());

  async function create(body: object = {}): Promise<string> {
    const made = await ada.post(`/v1/sandboxes/${sandbox}/terminals`, { target: { kind: 'local' }, ...body });
    expect(made.status).toBe(201);
    return made.body.id;
  }

  async function socket(id: string, api = ada, headers: Record<string, string> = {}): Promise<string> {
    const minted = await api.post(`/v1/terminals/${id}/tickets`, {}, headers);
    expect(minted.status).toBe(201);
    return service.url.replace('http', 'ws') + minted.body.url;
  }

  it('are created, listed, used and ended, and say how they ended', async () => {
    const id = await create({ name: 'main\u001b[31m' });
    const shown = (await ada.get(`/v1/terminals/${id}`)).body;
    expect(shown).toMatchObject({
      state: 'created',
      epoch: null,
      name: 'main[31m',
      exit: null,
      attachments: 0,
    });
    const client = await TerminalClient.connect({ url: await socket(id), cols: 101, rows: 31 });
    client.line('stty size; printf "%s\\n" "end-"$((1+1))');
    expect(await client.expect('end-2')).toContain('31 101');
    const list = (await ada.get(`/v1/sandboxes/${sandbox}/terminals`)).body.items;
    expect(list.find((t: { id: string }) => t.id === id)).toMatchObject({
      state: 'running',
      attachments: 1,
      cols: 101,
    });
    client.line('exit 4');
    expect(await client.frame('exit')).toMatchObject({ code: 4, reason: 'exited' });
    expect((await client.closed).code).toBe(1000);
    expect((await ada.get(`/v1/terminals/${id}`)).body).toMatchObject({ state: 'exited', exit: { code: 4 } });
    const late = await ada.post(`/v1/terminals/${id}/signal`, { signal: 'INT' });
    expect([late.status, late.body.code]).toEqual([409, 'conflict']);
  });

  it('take sizes and signals by HTTP, and end by DELETE, twice as once', async () => {
    const id = await create({ start: 'now' });
    const client = await TerminalClient.connect({ url: await socket(id) });
    expect((await ada.post(`/v1/terminals/${id}/size`, { cols: 90, rows: 20 })).body).toEqual({
      cols: 90,
      rows: 20,
    });
    await client.frame('size', (f) => f['cols'] === 90);
    client.line('sh -c "echo up-n""ow; exec sleep 100"');
    await client.expect('up-now');
    expect((await ada.post(`/v1/terminals/${id}/signal`, { signal: 'INT' })).status).toBe(202);
    client.line('echo got-$?');
    await client.expect('got-130');
    expect((await ada.delete(`/v1/terminals/${id}`)).status).toBe(202);
    expect(await client.frame('exit')).toMatchObject({ reason: 'killed' });
    expect((await ada.delete(`/v1/terminals/${id}`)).status).toBe(202);
  });

  it('of someone else do not exist', async () => {
    const id = await create();
    const eve = await operator.as('eve');
    for (const answer of [
      await eve.get(`/v1/terminals/${id}`),
      await eve.post(`/v1/terminals/${id}/tickets`),
      await eve.delete(`/v1/terminals/${id}`),
      await eve.post(`/v1/sandboxes/${sandbox}/terminals`),
      await ada.get('/v1/terminals/trm_AAAAAAAAAAAAAAAAAAAAAA'),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([404, 'not_found']);
    }
    // A platform acts for its tenant.
    const client = await TerminalClient.connect({ url: await socket(id, operator) });
    await client.close();
    await ada.delete(`/v1/terminals/${id}`);
  });

  it('name what is wrong with a request', async () => {
    const bad = await ada.post(`/v1/sandboxes/${sandbox}/terminals`, { cols: 1, target: { kind: 'pod' } });
    expect([bad.status, bad.body.code]).toEqual([400, 'validation_failed']);
    expect(bad.body.errors.map((e: { path: string }) => e.path).toSorted()).toEqual(['cols', 'target.kind']);
    const id = await ada.get('/v1/terminals/nonsense');
    expect([id.status, id.body.code]).toEqual([400, 'validation_failed']);
  });

  it('bind a learner’s ticket to the page that asked for it', async () => {
    const id = await create();
    const own = { origin: service.url };
    const url = await socket(id, ada, own);
    await expect(TerminalClient.open({ url, origin: 'https://evil.example' })).rejects.toThrow('HTTP 403');
    const client = await TerminalClient.connect({ url, origin: service.url });
    await expect(TerminalClient.open({ url, origin: service.url })).rejects.toThrow('HTTP 401');
    await client.close();
    const bound = await socket(id, ada, own);
    await expect(TerminalClient.open({ url: bound })).rejects.toThrow('HTTP 401');
    await ada.delete(`/v1/terminals/${id}`);
  });

  it('are eight a sandbox at most, and end with it', async () => {
    const made = (await ada.post(`/v1/sandboxes`, { lab: LAB })).body.id as string;
    expect(made).toBe(sandbox);
    const ids: string[] = [];
    for (;;) {
      const answer = await ada.post(`/v1/sandboxes/${sandbox}/terminals`, { target: { kind: 'local' } });
      if (answer.status !== 201) {
        expect([answer.status, answer.body.code]).toEqual([429, 'quota_exceeded']);
        break;
      }
      ids.push(answer.body.id);
    }
    expect(ids.length).toBeGreaterThan(0);
    const client = await TerminalClient.connect({ url: await socket(ids[0]!) });
    await ada.delete(`/v1/sandboxes/${sandbox}`);
    expect(await client.frame('exit')).toMatchObject({ reason: 'sandbox_ended' });
    expect((await client.closed).code).toBe(1000);
    const refused = await ada.post(`/v1/sandboxes/${sandbox}/terminals`);
    expect([refused.status, refused.body.code]).toEqual([409, 'sandbox_not_ready']);
  });
});

describe('a shutdown of the service', () => {
  it('tells attached clients and closes them 1012', async () => {
    const env = { WHEELHOUSE_HOST_PROVIDER: 'fake', WHEELHOUSE_PTY_LOCAL: 'true' };
    const service = await startService({ env });
    try {
      const operator = new Api(service.url, service.operatorKey);
      const ada = await operator.as('ada');
      const sandbox = (await ada.post('/v1/sandboxes', { lab: LAB })).body.id as string;
      const made = await ada.post(`/v1/sandboxes/${sandbox}/terminals`, { target: { kind: 'local' } });
      const minted = await ada.post(`/v1/terminals/${made.body.id}/tickets`);
      const client = await TerminalClient.connect({
        url: service.url.replace('http', 'ws') + minted.body.url,
      });
      await service.stop();
      expect(client.frames.some((f) => f.t === 'drain')).toBe(true);
      expect((await client.closed).code).toBe(1012);
    } finally {
      await service.remove();
    }
  }, 60_000);
});
