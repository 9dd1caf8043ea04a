import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { settledSnapshot, takeSnapshot } from '../support/host-snapshot.js';
import { scopeOf, startService, type TestService } from '../support/test-app.js';

const CYCLES = 300;
const AT_ONCE = 6;

describeWith(['root', 'runc'], `${CYCLES} cycles of allocate and release`, () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService();
  }, 90_000);

  afterAll(() => service.remove());

  it('leave nothing behind: no namespace, mount, cgroup, link, process or folder', async () => {
    const api = new Api(service.url, service.operatorKey);
    const released = async (id: string) => {
      const deadline = Date.now() + 20_000;
      while ((await api.get(`/v1/sandboxes/${id}`)).body.state !== 'released') {
        if (Date.now() > deadline) throw new Error(`${id} was not released within 20 s`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const cycle = async (user: string) => {
      const made = await api.post('/v1/sandboxes', { lab: 'net-ovs-two-namespaces', user });
      expect([made.status, made.body.state]).toEqual([201, 'ready']);
      await api.delete(`/v1/sandboxes/${made.body.id}`);
      await released(made.body.id);
    };
    await cycle('warm-up');
    const scope = scopeOf(service.stateDir);
    // The grader stores how a run ended before it lets go of the namespaces.
    let before = await takeSnapshot(scope);
    for (const end = Date.now() + 20_000; before.processes.length > 0 && Date.now() < end;)
      before = await takeSnapshot(scope);
    expect(before.processes).toEqual([]);
    let left = CYCLES;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, worker) => {
        while (left-- > 0) await cycle(`w${worker}`);
      }),
    );
    expect(await settledSnapshot(scope, before, 20_000)).toEqual(before);
  }, 240_000);
});
