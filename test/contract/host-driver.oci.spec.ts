import { describeWith } from '../support/capability.js';
import { makeOciLab } from '../support/lab-host.js';
import { hostDriverContract } from './host-driver.contract.js';

describeWith(['root', 'runc'], 'the lab hosts of an OCI runtime', () => {
  hostDriverContract(makeOciLab);
});
