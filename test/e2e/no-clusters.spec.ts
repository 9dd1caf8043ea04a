import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { startService } from '../support/test-app.js';

interface Finding {
  code: string;
  level: string;
  found: string;
  wanted: string;
  fix?: string;
}

/** What a machine may lack for clusters, each as the service meets it. */
const LACKS: { what: string; env: (dir: string) => Record<string, string>; code: RegExp; says: RegExp }[] = [
  {
    what: 'a Docker engine',
    env: (dir) => ({ DOCKER_HOST: `unix://${dir}/nobody.sock` }),
    code: /^cluster\.engine/,
    says: /docker/i,
  },
  {
    what: 'an engine of this machine',
    env: () => ({ DOCKER_HOST: 'tcp://192.0.2.1:2375' }),
    code: /^cluster\.engine/,
    says: /DOCKER_HOST/,
  },
  {
    what: 'the node image',
    env: () => ({ KIND_IMAGE: 'wheelhouse.invalid/absent:v0' }),
    code: /^cluster\.image/,
    says: /wheelhouse\.invalid\/absent:v0/,
  },
];

describeWith(['root', 'runc', 'ovs'], 'a machine that lacks something for clusters', () => {
  it.each(LACKS)(
    'such as $what: says so with its fix, refuses cluster labs, and serves the others',
    async ({ env, code, says }) => {
      const dir = mkdtempSync(path.join(tmpdir(), 'wh-lack-'));
      const service = await startService({ env: { WHEELHOUSE_CLUSTER_PROVIDER: 'auto', ...env(dir) } });
      try {
        const api = new Api(service.url, service.operatorKey);
        const { findings } = (await api.get('/v1/doctor')).body as { findings: Finding[] };
        const found = findings.filter((f) => code.test(f.code) && f.level !== 'ok');
        expect(found).toHaveLength(1);
        expect(JSON.stringify(found[0])).toMatch(says);
        expect(found[0]!.fix).toMatch(/\S/);
        const refused = await api.post('/v1/sandboxes', { lab: 'k8s-scale', user: 'ada' });
        expect([refused.status, refused.body.code]).toEqual([503, 'provider_unavailable']);
        expect(refused.body.detail).toMatch(/cluster/i);
        const made = await api.post('/v1/sandboxes', { lab: 'net-ovs-two-namespaces', user: 'ada' });
        expect([made.status, made.body.state]).toEqual([201, 'ready']);
      } finally {
        await service.remove();
        rmSync(dir, { recursive: true, force: true });
      }
    },
    120_000,
  );

  it('refuses to start without clusters where they were asked for by name, and says what to do', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'wh-lack-'));
    const env = { WHEELHOUSE_CLUSTER_PROVIDER: 'kind', DOCKER_HOST: `unix://${dir}/nobody.sock` };
    await expect(startService({ env })).rejects.toThrow(/clusters of kind cannot run here.*cluster\.engine/s);
    rmSync(dir, { recursive: true, force: true });
  }, 90_000);
});
