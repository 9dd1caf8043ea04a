import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '../../src/config/root.js';
import { Api } from '../support/api.js';
import { startService, type TestService } from '../support/test-app.js';

describe('a folder of labs with a malformed one in it', () => {
  let service: TestService;
  let labs: string;

  beforeAll(async () => {
    labs = mkdtempSync(path.join(tmpdir(), 'wh-labs-'));
    cpSync(path.join(ROOT, 'labs/net-ovs-two-namespaces'), path.join(labs, 'net-ovs-two-namespaces'), {
      recursive: true,
    });
    mkdirSync(path.join(labs, 'broken-yaml'));
    writeFileSync(
      path.join(labs, 'broken-yaml/lab.yaml'),
      'apiVersion: wheelhouse/v1\nkind: Lab\n  id: [unclosed\n',
    );
    service = await startService({ env: { WHEELHOUSE_HOST_PROVIDER: 'fake', WHEELHOUSE_LABS: labs } });
  }, 90_000);

  afterAll(async () => {
    await service.remove();
    rmSync(labs, { recursive: true, force: true });
  });

  it('serves the sound ones', async () => {
    const api = new Api(service.url, service.operatorKey);
    const { body } = await api.get('/v1/labs');
    expect(body.items.map((lab: { slug: string }) => lab.slug)).toEqual(['net-ovs-two-namespaces']);
  });

  it('names file, line and column of what is wrong to whoever asks for the malformed one', async () => {
    const api = new Api(service.url, service.operatorKey);
    const refused = await api.post('/v1/sandboxes', { lab: 'broken-yaml', user: 'ada' });
    expect([refused.status, refused.body.code]).toEqual([422, 'lab_invalid']);
    expect(refused.body.errors[0]).toMatchObject({
      path: expect.stringContaining('lab.yaml'),
      line: expect.any(Number),
    });
  });

  it('tells the operator by the doctor', async () => {
    const api = new Api(service.url, service.operatorKey);
    const { body } = await api.get('/v1/doctor');
    const finding = body.findings.find((f: { code: string }) => f.code === 'lab.broken-yaml');
    expect(finding).toMatchObject({ level: 'fail', found: expect.stringMatching(/^lab\.yaml:\d+:\d+: /) });
    expect(finding.fix).toContain('lab lint');
  });
});
