import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hasBundle, writeBundle, writeProcessSpec } from './bundle.js';

describe('writeBundle', () => {
  let dir: string;

  beforeEach(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'bundle-'));
  });

  afterEach(() => rmSync(dir, { recursive: true }));

  it('writes the configuration for us alone and the published files for all to read', () => {
    writeBundle({ dir, config: '{}', publish: { 'task.txt': 'hello' } });
    expect(hasBundle(dir)).toBe(true);
    expect(statSync(path.join(dir, 'config.json')).mode & 0o777).toBe(0o600);
    expect(statSync(path.join(dir, 'pub/task.txt')).mode & 0o777).toBe(0o644);
    expect(readFileSync(path.join(dir, 'pub/task.txt'), 'utf8')).toBe('hello');
  });

  it('ends the same when it is done twice', () => {
    writeBundle({ dir, config: '{}', publish: {} });
    writeBundle({ dir, config: '{}', publish: {} });
    expect(readdirSync(dir).toSorted((a, b) => a.localeCompare(b))).toEqual(['config.json', 'pub']);
  });

  it.each(['../config.json', '/etc/passwd', '.hidden', '', 'a/b'])(
    'refuses the published name %j before it writes',
    (name) => {
      const write = () => writeBundle({ dir, config: '{}', publish: { [name]: 'x' } });
      expect(write).toThrow('invalid_spec');
      expect(readdirSync(dir)).toEqual([]);
    },
  );

  it('writes equal process specs once', () => {
    const first = writeProcessSpec(dir, { args: ['bash'] });
    expect(writeProcessSpec(dir, { args: ['bash'] })).toBe(first);
    expect(writeProcessSpec(dir, { args: ['sh'] })).not.toBe(first);
    expect(readdirSync(dir)).toHaveLength(2);
  });
});
