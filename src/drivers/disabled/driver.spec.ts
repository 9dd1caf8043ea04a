import { DisabledHostDriver } from './driver.js';

const METHODS = ['inspect', 'destroy', 'list', 'publish', 'listen', 'link', 'openPty', 'exec'] as const;

describe('DisabledHostDriver', () => {
  it('refuses everything with the reason, but preflight', async () => {
    const driver = new DisabledHostDriver('no runtime');
    const refusal = { code: 'unavailable', detail: 'lab hosts cannot run here: no runtime' };
    expect(() => driver.plan()).toThrow(expect.objectContaining(refusal));
    for (const method of METHODS) {
      await expect(driver[method]()).rejects.toMatchObject(refusal);
    }
    expect(await driver.preflight()).toMatchObject([{ level: 'fail', found: 'no runtime' }]);
  });
});
