import path from 'node:path';
import { readMounts } from '../../src/linux/mounts.js';
import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { TerminalClient } from '../support/terminal-client.js';
import { Installation } from './installation.js';

const PORT = 18480;
const LAB = 'net-ovs-two-namespaces';

const say = (text: string) => process.stderr.write(`image: ${text}\n`);

/** Run by `npm run test:image`: builds the image and installs it, as docs/install.md says. */
describeWith(['root', 'kind', 'compose'], 'an installation with Docker', () => {
  let installation: Installation;
  let api: Api;
  let sandbox: string;
  let installId: string;

  async function shell(of = sandbox): Promise<TerminalClient> {
    const { body: terminal } = await api.post(`/v1/sandboxes/${of}/terminals`, { cols: 80, rows: 24 });
    const { body: ticket } = await api.post(`/v1/terminals/${terminal.id}/tickets`, { role: 'write' });
    return TerminalClient.connect({ url: installation.url.replace('http', 'ws') + ticket.url });
  }

  beforeAll(async () => {
    installation = new Installation(PORT);
    await installation.shareMounts();
    const built = await installation.build();
    say(`built in ${built.seconds.toFixed(0)} s, ${await installation.imageMiB()} MiB`);
    const first = await installation.up();
    say(`first start, until healthy: ${first.seconds.toFixed(1)} s`);
    api = new Api(installation.url, installation.operatorKey);
    installId = installation.installId;
  }, 900_000);

  afterAll(() => installation.remove(), 120_000);

  it('serves, with its database migrated', async () => {
    expect((await api.get('/healthz')).status).toBe(200);
    expect((await api.get('/readyz')).status).toBe(200);
    expect((await api.get('/v1/labs')).body.items.map((lab: { slug: string }) => lab.slug)).toContain(LAB);
  });

  it('finds that the machine can run lab hosts', async () => {
    const { stdout } = await installation.inside('wheelhouse', 'doctor', '--json');
    const { hostProvider, findings } = JSON.parse(stdout);
    expect(hostProvider).toBe('oci');
    expect(findings.filter((f: { level: string }) => f.level === 'fail')).toEqual([]);
  });

  it("speaks to the machine's engine with the clients that the image brings", async () => {
    const { stdout } = await installation.inside(
      'sh',
      '-c',
      'docker version -f {{.Server.Version}} && kind version',
    );
    expect(stdout).toMatch(/^\d+\.\d+\.\d+.*\nkind v0\.\d+/);
  });

  it('gives a learner a lab host, and a shell in it that is root there', async () => {
    const made = await api.post('/v1/sandboxes', { lab: LAB, user: 'ada' });
    expect(made.body).toMatchObject({ state: 'ready' });
    sandbox = made.body.id;
    const client = await shell();
    client.line('id -u; ip netns add red; ip netns; ovs-vsctl add-br ovs1 && echo added-$((1+1))');
    expect(await client.expect('added-2')).toMatch(/\r0\s+red\s/);
    await client.close();
  });

  it('reads the state of the lab host from outside', async () => {
    await until(async () => {
      const { body } = await api.get(`/v1/sandboxes/${sandbox}/progress`);
      return body.objectives.some((o: { state: string }) => o.state === 'passed');
    });
  });

  it('keeps lab hosts when the container is replaced, and takes them over', async () => {
    const before = await api.get(`/v1/sandboxes/${sandbox}`);
    const again = await installation.up('--force-recreate', '--no-deps', 'wheelhouse');
    say(`replaced, until healthy: ${again.seconds.toFixed(1)} s`);
    expect((await api.get(`/v1/sandboxes/${sandbox}`)).body).toEqual(before.body);
    const client = await shell();
    client.line('ip netns; echo still-$((1+1))');
    expect(await client.expect('still-2')).toContain('red');
    await client.close();
  });

  it('keeps them when it is killed', async () => {
    await installation.compose('kill', 'wheelhouse');
    await installation.up();
    expect((await api.get(`/v1/sandboxes/${sandbox}`)).body.state).toBe('ready');
  });

  describeWith(['node'], 'with a node image', () => {
    let cluster: string;

    it('makes a cluster of its own with the engine of the machine', async () => {
      expect((await api.get('/v1/doctor')).body).toMatchObject({ clusterProvider: 'kind' });
      const made = await api.post('/v1/sandboxes', { lab: 'k8s-deploy-app', user: 'eve' });
      expect(made.body).toMatchObject({ state: 'provisioning', tier: 'T0' });
      cluster = made.body.id;
      const begun = performance.now();
      await until(async () => {
        const { body } = await api.get(`/v1/sandboxes/${cluster}`);
        if (body.state === 'failed') throw new Error(JSON.stringify(body.failure));
        return body.state === 'ready';
      }, 120_000);
      say(`a lab with a cluster: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
      const client = await shell(cluster);
      client.line('kubectl get nodes; echo nodes-$((1+1))');
      expect(await client.expect('nodes-2', 20_000)).toMatch(/ Ready /);
      await client.close();
    }, 150_000);

    it('sees the audit log that the cluster writes, through a mount of its own', async () => {
      const folder = path.join(installation.stateDir, 'clusters');
      const { stdout } = await installation.inside('sh', '-c', `grep ' ${folder}/[^ ]*/audit ' /proc/mounts`);
      const audit = stdout.split(' ')[1]!;
      // The learner's kubectl left its lines there, where the service reads them.
      await until(async () => {
        const { stdout: size } = await installation.inside('stat', '-c', '%s', path.join(audit, 'audit.log'));
        return Number(size) > 0;
      });
      // The machine sees the same small file system, not the disk below it.
      expect(readMounts().map((mount) => mount.target)).toContain(audit);
    }, 60_000);

    it('leaves nothing of it', async () => {
      await api.delete(`/v1/sandboxes/${cluster}`);
      await until(async () => (await api.get(`/v1/sandboxes/${cluster}`)).body.state === 'released', 60_000);
      expect(await installation.clusterTraces(installId)).toEqual([]);
    }, 90_000);
  });

  it('leaves nothing of a sandbox that is released', async () => {
    expect(installation.labHosts(installId)).toHaveLength(1);
    await api.delete(`/v1/sandboxes/${sandbox}`);
    await until(async () => (await api.get(`/v1/sandboxes/${sandbox}`)).body.state === 'released');
    expect(installation.labHosts(installId)).toEqual([]);
  });

  it('leaves nothing on the machine when it is uninstalled', async () => {
    await api.post('/v1/sandboxes', { lab: LAB, user: 'bob' });
    await installation.uninstall();
    expect(await installation.leftovers(installId)).toEqual([]);
  });
});

async function until(done: () => Promise<boolean>, ms = 20_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await done())) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
