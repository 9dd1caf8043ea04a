import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { takeSnapshot } from '../support/host-snapshot.js';
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
    const before = await takeSnapshot(scopeOf(service.stateDir));
    let left = CYCLES;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, worker) => {
        while (left-- > 0) await cycle(`w${worker}`);
      }),
    );
    expect(await takeSnapshot(scopeOf(service.stateDir))).toEqual(before);
  }, 240_000);
});
