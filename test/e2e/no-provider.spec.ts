import { Api } from '../support/api.js';
import { startService, type TestService } from '../support/test-app.js';

describe('a machine that cannot run lab hosts', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService({ env: { WHEELHOUSE_HOST_PROVIDER: 'none' } });
  }, 90_000);

  afterAll(() => service.remove());

  it('says so at start, and what is served all the same', () => {
    expect(service.output()).toContain(
      'lab hosts cannot run here: the API, the labs and the console are served',
    );
  });

  it('serves labs and console, refuses sandboxes with a stable code, and tells why', async () => {
    const api = new Api(service.url, service.operatorKey);
    expect((await api.get('/v1/labs')).body.items.length).toBeGreaterThan(0);
    expect((await fetch(`${service.url}/console/`)).status).toBe(200);
    const refused = await api.post('/v1/sandboxes', { lab: 'net-ovs-two-namespaces', user: 'ada' });
    expect([refused.status, refused.body.code]).toEqual([503, 'provider_unavailable']);
    expect((await api.get('/v1/capacity')).body).toMatchObject({ available: false, hostProvider: 'none' });
  });
});
