import { DisabledHostDriver } from './driver.js';

describe('DisabledHostDriver', () => {
  it('refuses everything with the reason, but preflight', async () => {
    const driver = new DisabledHostDriver('no runtime');
    const refusal = { code: 'unavailable', detail: 'lab hosts cannot run here: no runtime' };
    expect(() => driver.plan()).toThrow(expect.objectContaining(refusal));
    for (const method of ['inspect', 'destroy', 'list', 'openPty', 'exec'] as const) {
      await expect(driver[method]()).rejects.toMatchObject(refusal);
    }
    expect(await driver.preflight()).toMatchObject([{ level: 'fail', found: 'no runtime' }]);
  });
});
