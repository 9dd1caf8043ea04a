import { FakeHostDriver } from '../../src/drivers/fake/driver.js';
import { hostDriverContract } from './host-driver.contract.js';

describe('the lab hosts in memory', () => {
  hostDriverContract(() => ({ driver: new FakeHostDriver(), remove: () => Promise.resolve() }));
});
