import { describeWith } from '../support/capability.js';
import { makeKindLab } from '../support/kind-lab.js';
import { clusterDriverContract } from './cluster-driver.contract.js';

describeWith(['root', 'kind'], 'the clusters of kind', () => {
  clusterDriverContract(makeKindLab);
});
