import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../src/config/root.js';
import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { takeSnapshot } from '../support/host-snapshot.js';
import { removeState, scopeOf, startService, testEnv } from '../support/test-app.js';

const run = promisify(execFile);

describeWith(['root', 'runc'], 'npm run uninstall', () => {
  const uninstall = (stateDir: string) =>
    run(process.execPath, [path.join(ROOT, 'scripts/uninstall.mjs')], { env: testEnv(stateDir) });

  it('refuses while a service runs, then removes lab hosts, database and state, and says what it leaves', async () => {
    const service = await startService();
    const { stateDir } = service;
    try {
      const scope = scopeOf(stateDir);
      const api = new Api(service.url, service.operatorKey);
      const made = await api.post('/v1/sandboxes', { lab: 'net-ovs-two-namespaces', user: 'left' });
      expect(made.status).toBe(201);
      await expect(uninstall(stateDir)).rejects.toMatchObject({
        stderr: expect.stringContaining('stop it first'),
      });
      expect((await api.get(`/v1/sandboxes/${made.body.id}`)).body.state).toBe('ready');

      await service.kill();
      const { stdout } = await uninstall(stateDir);
      expect(stdout).toContain('Left as they are');
      expect(existsSync(stateDir)).toBe(false);
      const left = await takeSnapshot(scope);
      expect(Object.values(left).flat()).toEqual([]);
    } finally {
      await service.stop();
      if (existsSync(stateDir)) await removeState(stateDir);
    }
  }, 90_000);

  it('removes nothing from a folder that is not its own, even if names in it are the same', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'wh-foreign-'));
    try {
      mkdirSync(path.join(folder, 'image'));
      writeFileSync(path.join(folder, 'image/photo'), 'precious');
      writeFileSync(path.join(folder, 'thesis.txt'), 'precious');
      await expect(uninstall(folder)).rejects.toMatchObject({
        stderr: expect.stringContaining('thesis.txt): nothing was removed'),
      });
      expect(readFileSync(path.join(folder, 'image/photo'), 'utf8')).toBe('precious');

      // Even a state folder of ours keeps what others put into it.
      writeFileSync(path.join(folder, 'install-id'), 'uninstalltest\n');
      const { stdout } = await uninstall(folder);
      expect(stdout).toContain('not ours: thesis.txt');
      expect(readFileSync(path.join(folder, 'thesis.txt'), 'utf8')).toBe('precious');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
