import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '../../src/config/root.js';
import { Api } from '../support/api.js';
import { TerminalClient } from '../support/terminal-client.js';
import { startService, type TestService } from '../support/test-app.js';

const LAB = 'net-ovs-two-namespaces';

/** A lab that allows recordings, beside the one that does not. */
function labsFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'wh-test-labs-'));
  cpSync(path.join(ROOT, 'labs', LAB), path.join(folder, LAB), { recursive: true });
  cpSync(path.join(ROOT, 'labs', LAB), path.join(folder, 'recorded'), { recursive: true });
  const file = path.join(folder, 'recorded/lab.yaml');
  const text = readFileSync(file, 'utf8')
    .replace(`id: ${LAB}`, 'id: recorded')
    .replace('host: {}', 'host: { recording: true }');
  writeFileSync(file, text);
  return folder;
}

describe('a recording', () => {
  const labs = labsFolder();
  let service: TestService;
  let operator: Api;
  let ada: Api;
  let sandbox: string;

  beforeAll(async () => {
    service = await startService({
      env: {
        WHEELHOUSE_HOST_PROVIDER: 'fake',
        WHEELHOUSE_PTY_LOCAL: 'true',
        WHEELHOUSE_LABS: labs,
        WHEELHOUSE_RECORDING: 'true',
        WHEELHOUSE_RECORDING_REDACT: String.raw`["password=\\w+"]`,
      },
    });
    operator = new Api(service.url, service.operatorKey);
    await operator.put('/v1/users/diaz', { displayName: 'R. Diaz' });
    ada = await operator.as('ada');
    sandbox = (await ada.post('/v1/sandboxes', { lab: 'recorded' })).body.id;
  }, 90_000);

  afterAll(async () => {
    await service?.remove();
    rmSync(labs, { recursive: true });
  });

  async function create(more: object = {}): Promise<{ id: string; recording: boolean }> {
    const body = { target: { kind: 'local' }, ...more };
    const made = await ada.post(`/v1/sandboxes/${sandbox}/terminals`, body);
    expect([made.status, made.body.detail]).toEqual([201, undefined]);
    return made.body;
  }

  async function connect(id: string, api = ada, body: object = {}): Promise<TerminalClient> {
    const { ticket, ...minted } = (await api.post(`/v1/terminals/${id}/tickets`, body)).body;
    expect(ticket).toBeDefined();
    return TerminalClient.connect({ url: service.url.replace('http', 'ws') + minted.url });
  }

  async function download(id: string, query = '', headers: Record<string, string> = {}): Promise<Response> {
    const authorization = `Bearer ${service.operatorKey}`;
    return fetch(`${service.url}/v1/terminals/${id}/recording${query}`, {
      headers: { authorization, ...headers },
    });
  }

  /** The file is complete a moment after the command's end. */
  async function complete(id: string): Promise<string> {
    for (let i = 0; i < 100; i++) {
      const text = await (await download(id)).text();
      if (text.includes(', "x", ')) return text;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('no exit event within five seconds');
  }

  it('tells the learner, and has what was printed, who came and went, and the take-over', async () => {
    const { id, recording } = await create({ name: 'main' });
    expect(recording).toBe(true);
    const learner = await connect(id);
    expect(learner.frames[0]).toMatchObject({ recording: true });
    learner.line('PS1="$ "');
    await learner.expect(/2004h\$ $/);
    learner.line('printf "caf\\303\\251 password=%s\\n" hunter2; echo end-$((1+1))');
    await learner.expect('end-2');
    const teacher = await connect(id, operator, { role: 'view', takeover: true, user: 'diaz' });
    teacher.send({ t: 'take' });
    await learner.frame('driver', (f) => f['writable'] === false);
    teacher.line('echo taught-$((1+1))');
    await learner.expect('taught-2');
    teacher.send({ t: 'release' });
    await learner.frame('driver', (f) => f['writable'] === true);
    await teacher.close();
    await learner.drop();
    const again = await connect(id);
    again.resize(101, 31);
    await again.frame('size', (f) => f['cols'] === 101);
    again.line('exit 4');
    await again.closed;

    const text = await complete(id);
    const [head, ...events] = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as [number, string, string]);
    expect(head).toMatchObject({ version: 3, title: 'main', term: { cols: 80, rows: 24 } });
    expect(JSON.stringify(head)).not.toMatch(/env/);
    const output = events.map(([, code, data]) => (code === 'o' ? data : '')).join('');
    expect(output).toContain('café [redacted]');
    expect(text).not.toContain('password=hunter2');
    expect(output).toContain('taught-2');
    expect(events.filter(([, code]) => code === 'm').map(([, , label]) => label)).toEqual([
      'driver:instructor',
      'driver:owner',
      'detached',
      'reattached',
    ]);
    expect(events.find(([, code]) => code === 'r')?.[2]).toBe('101x31');
    expect(events.at(-1)!.slice(1)).toEqual(['x', '4']);

    const v2 = (await (await download(id, '?format=v2')).text()).trim().split('\n');
    expect(JSON.parse(v2[0]!)).toMatchObject({ version: 2, width: 80, height: 24 });
    const times = v2.slice(1).map((line) => (JSON.parse(line) as [number])[0]);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const plain = await (await download(id, '?format=txt')).text();
    expect(plain).toContain('café [redacted]\nend-2\n');
    expect(plain.includes('\u001b') || plain.includes('\r')).toBe(false);
  });

  it('is downloaded as an attachment, also in ranges, by whom it concerns, and every download is in the log', async () => {
    const { id } = await create();
    const learner = await connect(id);
    learner.line('exit');
    await learner.closed;
    const text = await complete(id);
    const range = await download(id, '', { range: 'bytes=2-9' });
    expect([range.status, await range.text()]).toEqual([206, text.slice(2, 10)]);
    expect(range.headers.get('content-type')).toBe('application/x-asciicast');
    expect(range.headers.get('x-content-type-options')).toBe('nosniff');
    expect(range.headers.get('content-disposition')).toBe(`attachment; filename="${id}.cast"`);
    const eve = await operator.as('eve');
    const path_ = `/v1/terminals/${id}/recording`;
    expect((await eve.delete(path_)).status).toBe(404);
    expect((await ada.delete(path_)).status).toBe(204);
    const gone = await download(id);
    expect([gone.status, ((await gone.json()) as { code: string }).code]).toEqual([404, 'not_found']);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const log = (await operator.get(`/v1/audit?subject=${id}`)).body.items as { action: string }[];
    const actions = log.map(({ action }) => action);
    expect(actions).toContain('recording.downloaded');
    expect(actions[0]).toBe('recording.deleted');
  });

  it('is not made where the learner’s platform or the lab says no', async () => {
    expect((await create({ record: false })).recording).toBe(false);
    const bob = await operator.as('bob');
    const other = (await bob.post('/v1/sandboxes', { lab: LAB })).body.id;
    const body = { target: { kind: 'local' } };
    const made = await bob.post(`/v1/sandboxes/${other}/terminals`, body);
    expect(made.body.recording).toBe(false);
    const forced = await bob.post(`/v1/sandboxes/${other}/terminals`, { ...body, record: true });
    expect([forced.status, forced.body.code]).toEqual([400, 'validation_failed']);
    expect(forced.body.detail).toContain('record: not allowed here');
    expect((await download(made.body.id)).status).toBe(404);
  });

  it('keeps a flood whole, and the shell goes on', async () => {
    const { id } = await create();
    const learner = await connect(id);
    learner.line('seq 1 200000; exit');
    await learner.closed;
    const text = await complete(id);
    const output = text
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line) as [number, string, string])
      .map(([, code, data]) => (code === 'o' ? data : ''))
      .join('');
    expect(output.includes(Array.from({ length: 200_000 }, (_, i) => `${i + 1}\r\n`).join(''))).toBe(true);
  });

  it('is closed with its last byte when the service stops', async () => {
    const { id } = await create();
    const learner = await connect(id);
    learner.line('echo last-$((1+1))');
    await learner.expect('last-2');
    await service.stop();
    expect((await learner.closed).code).toBe(1012);
    const folder = path.join(service.stateDir, 'recordings');
    const newest = readdirSync(folder)
      .map((name) => readFileSync(path.join(folder, name), 'utf8'))
      .find((text) => text.includes('last-2'));
    expect(newest).toMatch(/, "x", "\d+"\]\n$/);
  });
});
