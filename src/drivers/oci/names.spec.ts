import { DriverError } from '../driver-error.js';
import { Layout } from './layout.js';
import { hostName, parseHostName } from './names.js';

describe('names of lab hosts', () => {
  it('are read back as they were made', () => {
    expect(parseHostName(hostName('k3f9x2m7qa', 2))).toEqual({ id: 'k3f9x2m7qa', attempt: 2 });
  });

  it.each(['', '../etc', 'A', 'a b', 'a'.repeat(21), 'a/b'])('refuse the id %j', (id) => {
    expect(() => hostName(id, 1)).toThrow(DriverError);
  });

  it.each(['wh-', 'wh-a', 'wh-a-b', 'xwh-a-1', '.dev', 'wh-a-1.new'])(
    'are not taken for ours when they are %j',
    (name) => {
      expect(parseHostName(name)).toBeUndefined();
    },
  );
});

describe('Layout', () => {
  it('refuses an install id that would leave its folder', () => {
    expect(() => new Layout({ stateDir: '/s', installId: '../x' })).toThrow(/install id/);
  });
});
