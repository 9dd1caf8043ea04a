import { FakeClusterDriver } from '../../src/drivers/fake/cluster-driver.js';
import { clusterDriverContract } from './cluster-driver.contract.js';

describe('the clusters in memory', () => {
  clusterDriverContract(() =>
    Promise.resolve({ driver: new FakeClusterDriver(), remove: () => Promise.resolve() }),
  );
});
