import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '../../src/config/root.js';
import { Api } from '../support/api.js';
import { startService, testEnv } from '../support/test-app.js';

describe('the command line', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'wh-cli-'));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (args: string[], stateDir = path.join(folder, 'state')) =>
    spawnSync(process.execPath, [path.join(ROOT, 'dist/src/cli.js'), ...args], {
      cwd: ROOT,
      env: testEnv(stateDir),
      encoding: 'utf8',
    });

  it('lists its commands when it does not know one', () => {
    const { status, stderr } = run(['nothing']);
    expect(status).toBe(2);
    expect(stderr).toContain('lab lint <folder…>');
  });

  it('finds a sound lab sound, and says file, line and column of what is wrong in another', () => {
    expect(run(['lab', 'lint', path.join(ROOT, 'labs/net-ovs-two-namespaces')])).toMatchObject({ status: 0 });
    const broken = path.join(folder, 'broken-lab');
    mkdirSync(broken);
    writeFileSync(
      path.join(broken, 'lab.yaml'),
      'apiVersion: wheelhouse/v1\nkind: Lab\nid: broken-lab\nsurprise: 1\n',
    );
    const { status, stdout } = run(['lab', 'lint', broken]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/broken-lab\/lab\.yaml:4:\d+: error: .*surprise/);
  });

  it('makes an API key that works, and refuses scopes that do not exist', async () => {
    const service = await startService({ env: { WHEELHOUSE_HOST_PROVIDER: 'none' } });
    try {
      const made = run(['key', 'create', 'platform', 'labs:read'], service.stateDir);
      expect(made.status).toBe(0);
      const api = new Api(service.url, made.stdout.trim());
      expect((await api.get('/v1/labs')).status).toBe(200);
      expect((await api.get('/v1/users')).status).toBe(403);
      const refused = run(['key', 'create', 'platform', 'labs:eat'], service.stateDir);
      expect([refused.status, refused.stderr]).toEqual([
        1,
        expect.stringContaining('no such scope: labs:eat'),
      ]);
    } finally {
      await service.remove();
    }
  }, 60_000);
});
