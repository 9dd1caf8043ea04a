import { ManualClock } from '../../common/manual-clock.js';
import { silentLogger } from '../../common/logger.js';
import type { StepContext } from '../step.js';
import { FakeHostDriver } from './driver.js';

const spec = { slot: 0, requires: [] };
const context = (): StepContext => ({
  signal: new AbortController().signal,
  deadline: Infinity,
  id: 'aaa',
  attempt: 1,
  logger: silentLogger,
  facts: {},
  note: () => undefined,
});

describe('FakeHostDriver', () => {
  it('fails as often as it was told, then works', async () => {
    const driver = new FakeHostDriver();
    driver.failNext('host.bundle', 'busy', 'exhausted');
    const [bundle] = driver.plan('aaa', 1, spec).steps;
    await expect(bundle?.run(context())).rejects.toMatchObject({ code: 'busy', retryable: true });
    await expect(bundle?.run(context())).rejects.toMatchObject({ code: 'exhausted' });
    await bundle?.run(context());
    expect(await driver.list(context())).toHaveLength(1);
  });

  it('takes the time it was told, by the clock it was given', async () => {
    const clock = new ManualClock();
    const driver = new FakeHostDriver({ delays: { list: 50 }, clock });
    let done = false;
    const listing = driver.list(context()).then(() => (done = true));
    clock.advance(49);
    await Promise.resolve();
    expect(done).toBe(false);
    clock.advance(1);
    await listing;
  });

  it('shows a lab host whose process 1 died', async () => {
    const driver = new FakeHostDriver();
    for (const step of driver.plan('aaa', 1, spec).steps) await step.run(context());
    driver.crash('aaa');
    expect(await driver.inspect('aaa', context())).toMatchObject({ state: 'stopped', initPid: 0 });
  });
});
