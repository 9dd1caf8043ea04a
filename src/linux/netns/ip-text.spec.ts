import { jsonOfIp } from './ip-text.js';

describe('the JSON of ip', () => {
  it('is read with whatever a learner names an interface', () => {
    const names = ["it's", 'a"b', 'esc\u001b[31m', 'back\\slash', "\\'", "''", '\u0001'];
    // As ip writes them: quotes, backslashes and apostrophes with a backslash, all else as it is.
    const text = `[${names.map((n) => `{"ifname":"${n.replace(/["\\']/g, '\\$&')}"}`).join(',')}]`;
    expect(() => JSON.parse(text) as unknown).toThrow();
    const read = JSON.parse(jsonOfIp(text)) as { ifname: string }[];
    expect(read.map((r) => r.ifname)).toEqual(names);
  });

  it('stays as it is where it was JSON', () => {
    const text = '[{"ifname":"lo","a":"\\\\\\"","flags":["UP"]}]';
    expect(jsonOfIp(text)).toBe(text);
  });
});
