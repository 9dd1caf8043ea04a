import { Api, type ApiAnswer } from '../support/api.js';
import { OpenApiCheck } from '../support/openapi-check.js';
import { startService, type TestService } from '../support/test-app.js';

const SHARED = 'net-ovs-two-namespaces';
const OTHER = 'net-bridge-from-scratch';
const TERMINALS_PER_USER = 8;
const TERMINALS_PER_SERVER = 500;

/** Terminals that are made and not attached to have no process yet, so that hundreds cost little. */
describe('the number of terminals', () => {
  let service: TestService;
  let operator: Api;

  beforeAll(async () => {
    service = await startService({
      env: {
        WHEELHOUSE_HOST_PROVIDER: 'fake',
        WHEELHOUSE_PTY_LOCAL: 'true',
        WHEELHOUSE_RATE_LIMITS: 'false',
      },
    });
    operator = new Api(service.url, service.operatorKey);
    operator.inspect = (await OpenApiCheck.load(service.url)).inspect;
  }, 90_000);

  afterAll(() => service.remove());

  /** The sandbox of a user in a lab. */
  async function allocate(user: Api, lab: string): Promise<string> {
    const made = await user.post('/v1/sandboxes', { lab });
    expect([200, 201, 202]).toContain(made.status);
    return made.body.id;
  }

  const open = (user: Api, sandbox: string) =>
    user.post(`/v1/sandboxes/${sandbox}/terminals`, { target: { kind: 'local' } });

  it('is eight a user, in whatever sandboxes; one that ends makes room', async () => {
    const ada = await operator.as('ada');
    const [first, second] = [await allocate(ada, SHARED), await allocate(ada, OTHER)];
    const ids: string[] = [];
    for (let i = 0; i < TERMINALS_PER_USER; i++)
      ids.push((await open(ada, i % 2 ? first : second)).body.id as string);
    const refused = await open(ada, first);
    expect([refused.status, refused.body.code, refused.body.detail]).toEqual([
      429,
      'quota_exceeded',
      'A user has at most 8 terminals; end one first.',
    ]);
    expect((await ada.delete(`/v1/terminals/${ids[0]}`)).status).toBeLessThan(300);
    expect((await open(ada, first)).status).toBe(201);
    await Promise.all([first, second].map((id) => ada.delete(`/v1/sandboxes/${id}`)));
  }, 60_000);

  it('is five hundred a server, whoever asks', async () => {
    let opened = 0;
    let refused: ApiAnswer | undefined;
    for (let n = 0; !refused; n++) {
      const user = await operator.as(`learner-${n}`);
      const sandbox = await allocate(user, SHARED);
      const made = await Promise.all(Array.from({ length: TERMINALS_PER_USER }, () => open(user, sandbox)));
      opened += made.filter((answer) => answer.status === 201).length;
      refused = made.find((answer) => answer.status !== 201);
    }
    expect([refused.status, refused.body.code, refused.body.detail]).toEqual([
      429,
      'quota_exceeded',
      'This server has 500 terminals, its most.',
    ]);
    // More only where this took so long that the first ones, never attached to, were forgotten.
    expect(opened).toBeGreaterThanOrEqual(TERMINALS_PER_SERVER);
  }, 120_000);
});
