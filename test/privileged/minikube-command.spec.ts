import { silentLogger } from '../../src/common/logger.js';
import { serveMinikube } from '../../src/minikube/session.js';
import type { ClusterControl, ClusterPhase } from '../../src/sandbox/live-sandbox.js';
import { describeWith } from '../support/capability.js';
import { makeOciLab, provision, within, type OciLab } from '../support/lab-host.js';

const kubeconfig = (name: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: 'https://10.253.0.2:6443' } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    users: [{ name, user: { token: 't' } }],
    'current-context': name,
  });

class Control implements ClusterControl {
  phase: ClusterPhase = 'hidden';
  name = 'mine';

  status() {
    const runs = this.phase === 'running';
    return { phase: this.phase, ip: runs ? '10.253.0.2' : null, kubernetesVersion: runs ? 'v1.34.4' : null };
  }
  start(progress: (text: string) => void) {
    progress('Creating the node\u001b[31m');
    this.phase = 'running';
    return Promise.resolve({ kubeconfig: kubeconfig(this.name) });
  }
  stop(): Promise<void> {
    this.phase = 'stopped';
    return Promise.resolve();
  }
  delete(): Promise<void> {
    return Promise.reject(new Error('at /somewhere/secret'));
  }
}

describeWith(['root', 'runc'], 'the minikube command of a lab host', () => {
  let lab: OciLab;
  const control = new Control();
  /** Output and exit status, both streams together. */
  const run = (command: string) => lab.inside('mk', `{ ${command}; } 2>&1; echo "status $?"`);

  beforeAll(async () => {
    lab = makeOciLab();
    await provision(lab.driver, 'mk', { slot: 0, requires: [] });
  });

  afterAll(() => lab.remove());

  it('says where there is no cluster, and what it is', async () => {
    expect(await run('minikube start')).toBe(
      'X This lab has no cluster, so there is nothing that minikube could do here.\nstatus 69\n',
    );
    expect(await run('minikube version')).toMatch(/stand-in[\s\S]*not the real minikube[\s\S]*status 0/);
  });

  it('says so when the service does not answer', async () => {
    const silent = await lab.driver.listen('mk', 1, 'minikube.sock', (socket) => socket.destroy(), within());
    expect(await run('minikube status')).toMatch(/does not answer[\s\S]*status 69/);
    await silent.close();
  });

  describe('with a cluster', () => {
    beforeAll(async () => {
      const serve = { logger: silentLogger };
      await lab.driver.listen(
        'mk',
        1,
        'minikube.sock',
        (socket) => serveMinikube(socket, control, serve),
        within(),
      );
    });

    it('has nothing before the start', async () => {
      expect(await run('minikube status')).toBe(
        '* There is no cluster. To start one: minikube start\nstatus 85\n',
      );
      expect(await run('minikube ip')).toMatch(/No cluster runs[\s\S]*status 85/);
    });

    it('starts it whatever flags of the real one are given, and points kubectl at it', async () => {
      const output = await run('minikube start --driver=none --memory 4g');
      expect(output).toContain('* Ignoring --driver=none: the lab decides that\n');
      expect(output).toContain('* Ignoring --memory=4g: the lab decides that\n');
      expect(output).toContain('* Creating the node[31m\n');
      expect(output).toMatch(/\* Done after \d+ s! kubectl now speaks to your cluster: mine\nstatus 0\n$/);
      expect(await run('stat -c %a ~/.kube/config; kubectl config current-context')).toBe(
        '600\nmine\nstatus 0\n',
      );
      expect(await run('minikube status')).toBe(
        'minikube\ntype: Control Plane\nhost: Running\nkubelet: Running\napiserver: Running\n' +
          'kubeconfig: Configured\nstatus 0\n',
      );
      expect(await run('minikube ip')).toBe('10.253.0.2\nstatus 0\n');
    });

    it('keeps a kubeconfig that it did not write, and says so', async () => {
      expect(await run('minikube start')).not.toContain('is kept');
      await run('kubectl config set-context other');
      expect(await run('minikube start')).toContain('* Your former /root/.kube/config is kept as');
      expect(await run('kubectl --kubeconfig ~/.kube/config.bak config get-contexts -o name')).toContain(
        'other',
      );
    });

    it('stops it', async () => {
      expect(await run('minikube stop')).toMatch(/status 0\n$/);
      expect(await run('minikube status')).toMatch(/host: Stopped[\s\S]*kubeconfig: Stopped\nstatus 7\n$/);
    });

    it('tells a failure without what is not for learners', async () => {
      const output = await run('minikube delete');
      expect(output).toMatch(/X delete failed, through no fault of yours[\s\S]*\(internal\)\nstatus 1\n$/);
      expect(output).not.toContain('secret');
    });

    it('refuses what only the real one can do, with another way where there is one', async () => {
      expect(await run('minikube dashboard')).toMatch(/stand-in[\s\S]*kubectl get all[\s\S]*status 64/);
      expect(await run('minikube start --ha')).toMatch(/"--ha" is not known here[\s\S]*status 64/);
      expect(await run('minikube status --format json')).toMatch(
        /"--format" is not known here[\s\S]*status 64/,
      );
    });
  });
});
