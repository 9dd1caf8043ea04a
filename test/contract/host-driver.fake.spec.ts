import { FakeHostDriver } from '../../src/drivers/fake/driver.js';
import { hostDriverContract } from './host-driver.contract.js';

describe('the lab hosts in memory', () => {
  hostDriverContract(() => {
    const driver = new FakeHostDriver();
    return {
      driver,
      read: (id, name) => Promise.resolve(driver.exports.read(`${id}-1`, name)),
      connect: (id, name) => driver.exports.connect(`${id}-1`, name),
      remove: () => Promise.resolve(),
    };
  });
});
