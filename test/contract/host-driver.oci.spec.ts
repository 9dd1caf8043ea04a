import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import { describeWith } from '../support/capability.js';
import { makeOciLab } from '../support/lab-host.js';
import { hostDriverContract } from './host-driver.contract.js';

describeWith(['root', 'runc'], 'the lab hosts of an OCI runtime', () => {
  hostDriverContract(() => {
    const lab = makeOciLab();
    return {
      driver: lab.driver,
      read: async (id, name) => {
        const text = await lab.inside(id, `cat /run/wheelhouse/${name} 2>/dev/null || echo none`);
        return text === 'none\n' ? undefined : text;
      },
      connect: async (id, name) => {
        const socket = connect(path.join(lab.stateDir, 'hosts', `wh-${id}-1`, 'pub', name));
        await once(socket, 'connect');
        return socket;
      },
      remove: () => lab.remove(),
    };
  });
});
