import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fixMachine } from './fix-machine.js';

describe('the fixing of a machine', () => {
  let root: string;
  const file = (name: string) => path.join(root, 'fs/inotify', name);

  beforeEach(() => {
    root = mkdtempSync(path.join(os.tmpdir(), 'wh-fix-'));
    mkdirSync(path.join(root, 'fs/inotify'), { recursive: true });
    writeFileSync(file('max_user_instances'), '128\n');
    writeFileSync(file('max_user_watches'), '1048576\n');
  });

  afterEach(() => rmSync(root, { recursive: true }));

  it('raises what is too low, says so with the old value first, and leaves what is enough', () => {
    const said: string[] = [];
    expect(fixMachine({ say: (text) => said.push(text), root })).toBe(0);
    expect(said).toEqual(['sysctl -w fs.inotify.max_user_instances=8192   # was 128']);
    expect(readFileSync(file('max_user_instances'), 'utf8')).toBe('8192');
    expect(readFileSync(file('max_user_watches'), 'utf8')).toBe('1048576\n');
  });

  it('says what it could not change', () => {
    rmSync(path.join(root, 'fs'), { recursive: true });
    const said: string[] = [];
    expect(fixMachine({ say: (text) => said.push(text), root })).toBe(2);
    expect(said.join('\n')).toMatch(/was unreadable\n.*failed: ENOENT/);
  });
});
