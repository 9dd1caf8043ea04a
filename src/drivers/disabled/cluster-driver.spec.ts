import { DisabledClusterDriver } from './cluster-driver.js';

describe('DisabledClusterDriver', () => {
  it('refuses everything with the reason, but preflight', async () => {
    const driver = new DisabledClusterDriver('no engine');
    const refusal = { code: 'unavailable', detail: 'clusters cannot run here: no engine' };
    expect(() => driver.plan()).toThrow(expect.objectContaining(refusal));
    for (const method of ['inspect', 'setPaused', 'destroy', 'list', 'access'] as const) {
      await expect(driver[method]()).rejects.toMatchObject(refusal);
    }
    expect(driver.activityAt()).toBeUndefined();
    expect(await driver.preflight()).toMatchObject([{ level: 'fail', found: 'no engine' }]);
  });
});
