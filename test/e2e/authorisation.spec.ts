import { AuthRepository } from '../../src/auth/auth.repository.js';
import { silentLogger } from '../../src/common/logger.js';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { PrismaService } from '../../src/database/prisma.service.js';
import { Api } from '../support/api.js';
import { startService, type TestService } from '../support/test-app.js';
import { PARAMETERS, ROLES, type Role, type Row, TABLE, type World } from './authorisation-table.js';

const LAB = 'net-ovs-two-namespaces';
/** A name that resolves nowhere, for events that do not happen here. */
const NOWHERE = { url: 'https://nowhere.invalid/', types: ['webhook.disabled'] };

interface OpenApi {
  paths: Record<string, Record<string, unknown>>;
}

/** Each endpoint of the document times each role, with the exact status. An endpoint without a row fails. */
describe('who may do what', () => {
  let service: TestService;
  let operator: Api;
  let document: OpenApi;
  let world: World;
  let worlds = 0;
  const credentials = {} as Record<Role, string>;

  beforeAll(async () => {
    service = await startService({
      env: {
        WHEELHOUSE_HOST_PROVIDER: 'fake',
        WHEELHOUSE_PTY_LOCAL: 'true',
        WHEELHOUSE_RATE_LIMITS: 'false',
      },
    });
    operator = new Api(service.url, service.operatorKey);
    document = (await (await fetch(`${service.url}/openapi.json`)).json()) as OpenApi;
    for (const user of ['classmate', 'instructor', 'stranger']) await operator.put(`/v1/users/${user}`);
    await operator.post('/v1/cohorts', { slug: 'elsewhere', title: 'Another class' });
    const members = [{ user: 'stranger', role: 'instructor' }];
    await operator.put('/v1/cohorts/elsewhere/members', { members });
    const token = async (user: string, as: string) =>
      (await operator.post(`/v1/users/${user}/tokens`, { as })).body.token as string;
    credentials.anonymous = '';
    credentials.classmate = await token('classmate', 'learner');
    credentials.instructor = await token('instructor', 'instructor');
    credentials.stranger = await token('stranger', 'instructor');
    // It may read the audit log, and nothing else.
    const unscoped = await operator.post('/v1/api-keys', { name: 'unscoped', scopes: ['audit:read'] });
    credentials.unscoped = unscoped.body.key;
    credentials.operator = service.operatorKey;
    credentials.foreign = await foreignOperator(service.stateDir);
    world = await newWorld();
  }, 90_000);

  afterAll(() => service?.remove(), 60_000);

  async function newWorld(): Promise<World> {
    const n = ++worlds;
    const user = `learner-${n}`;
    const cohort = `class-${n}`;
    await operator.post('/v1/cohorts', { slug: cohort, title: 'A class' });
    const members = [{ user }, { user: 'classmate' }, { user: 'instructor', role: 'instructor' }];
    await operator.put(`/v1/cohorts/${cohort}/members`, { members });
    const sandbox = (await operator.post('/v1/sandboxes', { lab: LAB, user, cohort })).body.id;
    const local = { target: { kind: 'local' } };
    const terminal = (await operator.post(`/v1/sandboxes/${sandbox}/terminals`, local)).body.id;
    const key = (await operator.post('/v1/api-keys', { name: 'x', scopes: ['labs:read'] })).body.id;
    credentials.learner = (await operator.post(`/v1/users/${user}/tokens`)).body.token;
    // A tenant has a few webhooks only: each world has the one.
    if (n > 1) await operator.delete(`/v1/webhooks/${world.webhook}`);
    const webhook = (await operator.post('/v1/webhooks', NOWHERE)).body.id;
    return { user, cohort, sandbox, terminal, key, webhook };
  }

  async function end(): Promise<void> {
    const path = `/v1/sandboxes/${world.sandbox}`;
    await operator.delete(path);
    while ((await operator.get(path)).body.state !== 'released')
      await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /** Only the status counts; a stream is let go. */
  async function ask(operation: string, row: Row, role: Role): Promise<number> {
    const [method = '', template = ''] = operation.split(' ');
    const path = template.replaceAll(/([\w-]+)\/(\{\w+\})/g, (_whole, before: string, name: string) => {
      const value = PARAMETERS[`${before}/${name}`];
      if (!value) throw new Error(`no value for ${before}/${name}`);
      return `${before}/${value(world)}`;
    });
    if (row.ended) await end();
    const body = row.body?.(world, role);
    const stop = new AbortController();
    const response = await fetch(service.url + path, {
      method,
      headers: {
        ...(role === 'anonymous' ? {} : { authorization: `Bearer ${credentials[role]}` }),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: stop.signal,
    });
    stop.abort();
    // What was changed is not there for the next role as it was for this one.
    if (row.ended || (method !== 'GET' && response.status < 300)) world = await newWorld();
    return response.status;
  }

  it('has a row for every endpoint of the document, and no other', () => {
    const operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(Object.keys(TABLE).toSorted()).toEqual(operations.toSorted());
  });

  it.each(Object.entries(TABLE))(
    '%s',
    async (operation, row) => {
      const statuses: Record<string, number> = {};
      for (const role of ROLES) statuses[role] = await ask(operation, row, role);
      expect(statuses).toEqual(Object.fromEntries(ROLES.map((role, i) => [role, row.expect[i]])));
    },
    60_000,
  );
});

/** Another tenant is made in the database: nothing of it is in the API of this one. */
async function foreignOperator(stateDir: string): Promise<string> {
  const prisma = new PrismaService(new EmbeddedPostgres(stateDir, silentLogger).url(), silentLogger);
  try {
    const auth = new AuthRepository(prisma);
    const tenantId = await auth.ensureTenant('foreign');
    return (await auth.createKey({ tenantId, name: 'foreign', scopes: ['admin'] })).key;
  } finally {
    await prisma.close();
  }
}
