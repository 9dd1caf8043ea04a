import { Api } from '../support/api.js';
import { startService, type TestService } from '../support/test-app.js';

const LAB = 'net-ovs-two-namespaces';

interface SandboxBody {
  state: string;
  failure: { code: string; detail: string } | null;
}

async function waitFor<T>(read: () => Promise<T>, test: (value: T) => boolean, what: string): Promise<T> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const value = await read();
    if (test(value)) return value;
    if (Date.now() > deadline) throw new Error(`${what}: not within 15 s, last ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Clocks and queue of the core, with the fake lab host and short times. */
describe('the life of a sandbox', () => {
  let service: TestService | undefined;

  const start = async (env: Record<string, string>): Promise<Api> => {
    service = await startService({ env: { WHEELHOUSE_HOST_PROVIDER: 'fake', ...env } });
    return new Api(service.url, service.operatorKey);
  };
  const allocate = (api: Api, user: string, waitSeconds = 5) =>
    api.post('/v1/sandboxes', { lab: LAB, user, waitSeconds });
  const ended = (api: Api, id: string) =>
    waitFor(
      async () => (await api.get<SandboxBody>(`/v1/sandboxes/${id}`)).body,
      (s) => s.state === 'released',
      'released',
    );
  const becomesReady = (api: Api, id: string) =>
    waitFor(
      async () => (await api.get<SandboxBody>(`/v1/sandboxes/${id}`)).body,
      (s) => s.state === 'ready',
      'ready',
    );

  afterEach(async () => {
    await service?.remove();
    service = undefined;
  });

  it('ends when nobody opens it', async () => {
    const api = await start({ WHEELHOUSE_UNOPENED_TTL: '1s' });
    const made = await allocate(api, 'ada');
    const body = await ended(api, made.body.id);
    expect(body.failure).toEqual({ code: 'sandbox_expired', detail: 'Ended: unopened.' });
  });

  it('ends at its time, after warnings, and answers 410 from then on', async () => {
    const api = await start({ WHEELHOUSE_SANDBOX_TTL: '2s' });
    const made = await allocate(api, 'ada');
    expect(Date.parse(made.body.expiresAt) - Date.parse(made.body.readyAt)).toBe(2000);
    const body = await ended(api, made.body.id);
    expect(body.failure?.detail).toBe('Ended: expired.');
    const late = await api.post(`/v1/sandboxes/${made.body.id}/extend`);
    expect([late.status, late.body.code]).toEqual([410, 'sandbox_expired']);
  });

  it('is refused with the numbers when the lab needs more than the machine has', async () => {
    const api = await start({ WHEELHOUSE_BUDGET_MEMORY: '1MiB' });
    const refused = await allocate(api, 'ada');
    expect([refused.status, refused.body.code]).toEqual([422, 'budget_impossible']);
    expect(refused.body.detail).toMatch(/needs memMiB \d+, at most \d+; this machine has 1 /);
  });

  it('waits in the queue of a full machine, in order, and may leave it', async () => {
    const api = await start({ WHEELHOUSE_BUDGET_PIDS: '300' });
    const ready: string[] = [];
    let queued = await allocate(api, 'u0', 0.5);
    for (let n = 1; queued.status !== 202; n++) {
      ready.push(queued.body.id);
      if (n > 50) throw new Error('the machine never filled up');
      queued = await allocate(api, `u${n}`, 0.5);
    }
    expect(queued.body).toMatchObject({ state: 'queued', queue: { position: 1, reason: 'pids' } });
    expect(queued.body.queue.etaSeconds).toBeGreaterThan(0);
    const second = await allocate(api, 'late', 0);
    const third = await allocate(api, 'later', 0);
    expect([second.body.queue.position, third.body.queue.position]).toEqual([2, 3]);

    const left = await api.delete(`/v1/sandboxes/${second.body.id}`);
    expect(left.status).toBe(202);
    await ended(api, second.body.id);
    expect((await api.get(`/v1/sandboxes/${third.body.id}`)).body.queue.position).toBe(2);

    await api.delete(`/v1/sandboxes/${ready[0]}`);
    await becomesReady(api, queued.body.id);
    expect((await api.get(`/v1/sandboxes/${third.body.id}`)).body.queue.position).toBe(1);
  }, 60_000);

  it('keeps its place in the queue when the service is killed', async () => {
    const env = { WHEELHOUSE_BUDGET_PIDS: '100' };
    const api = await start(env);
    const first = await allocate(api, 'first');
    const second = await allocate(api, 'second', 0);
    expect([first.status, second.status]).toEqual([201, 202]);
    await service!.kill();
    const { stateDir } = service!;
    service = await startService({ stateDir, env: { WHEELHOUSE_HOST_PROVIDER: 'fake', ...env } });
    const next = new Api(service.url, service.operatorKey);
    // The fake's lab host died with the process: the sandbox is lost, and the one in line gets its place.
    const lost = await ended(next, first.body.id);
    expect(lost.failure?.code).toBe('sandbox_lost');
    await becomesReady(next, second.body.id);
  }, 60_000);
});
