import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { takeSnapshot } from '../support/host-snapshot.js';
import { scopeOf, startService, type TestService } from '../support/test-app.js';

const LAB = 'net-ovs-two-namespaces';

describeWith(['root', 'runc'], 'a lab host that ends by itself', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService();
  }, 90_000);

  afterAll(() => service.remove());

  it('is told to its learner within seconds, and the next one is fresh', async () => {
    const api = new Api(service.url, service.operatorKey);
    const made = await api.post('/v1/sandboxes', { lab: LAB, user: 'unlucky' });
    expect(made.body.state).toBe('ready');
    const { processes } = await takeSnapshot(scopeOf(service.stateDir));
    const init = processes.find((line) => line.includes('/usr/lib/wheelhouse/init'));
    const begun = Date.now();
    process.kill(Number(init!.split(' ')[0]), 'SIGKILL');
    let seen = made.body;
    while (seen.state !== 'released' && Date.now() - begun < 10_000) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      seen = (await api.get(`/v1/sandboxes/${made.body.id}`)).body;
    }
    expect(seen).toMatchObject({ state: 'released', failure: { code: 'sandbox_lost' } });
    // The next round of the reconciler would come after 30 s.
    expect(Date.now() - begun).toBeLessThan(10_000);
    const late = await api.post(`/v1/sandboxes/${made.body.id}/extend`);
    expect([late.status, late.body.code]).toEqual([410, 'sandbox_lost']);
    const next = await api.post('/v1/sandboxes', { lab: LAB, user: 'unlucky' });
    expect([next.status, next.body.id === made.body.id]).toEqual([201, false]);
    await api.delete(`/v1/sandboxes/${next.body.id}`);
  });
});
