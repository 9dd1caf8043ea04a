import { closeSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startResident } from '../../linux/exec/resident.js';
import { takeRuntimeLock } from './lock.js';

describe('takeRuntimeLock', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'lock-'));
    file = path.join(folder, 'lock');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('refuses a second service while the first lives, and says which file it holds', async () => {
    const fd = await takeRuntimeLock(file);
    await expect(takeRuntimeLock(file, 0)).rejects.toMatchObject({
      code: 'busy',
      detail: expect.stringContaining(file),
    });
    closeSync(fd);
    closeSync(await takeRuntimeLock(file, 0));
  });

  it('stays taken after the service is gone, until its last child has ended', async () => {
    const fd = await takeRuntimeLock(file);
    const child = await startResident({ argv: ['/bin/cat'], extraFds: [fd] });
    closeSync(fd);
    await expect(takeRuntimeLock(file, 0)).rejects.toMatchObject({ code: 'busy' });
    const waiting = takeRuntimeLock(file, 10);
    child.stdin.end();
    await child.exited;
    closeSync(await waiting);
  });
});
