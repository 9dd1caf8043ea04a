import { USER_CAPS } from './limits.js';
import { hasDroppedCapabilities, readyLineProblem } from './init-ready.js';

const caps = Object.entries(USER_CAPS).map(([name, value]) => `${name}=${value}`);

describe('readyLineProblem', () => {
  it('accepts a line that confirms every cap', () => {
    expect(readyLineProblem(`ready ${caps.join(' ')}\n`)).toBeUndefined();
  });

  it('names the caps that are missing or differ', () => {
    const weaker = caps.map((cap) => cap.replace('max_net_namespaces=8', 'max_net_namespaces=80'));
    expect(readyLineProblem(`ready ${weaker.join(' ')}\n`)).toBe('init did not confirm max_net_namespaces');
  });

  it('passes on what init complains of', () => {
    expect(readyLineProblem('failed write max_net_namespaces: Operation not permitted\n')).toContain(
      'not permitted',
    );
  });

  it('takes silence for a failure', () => {
    expect(readyLineProblem('')).toBe('init said nothing');
  });
});

describe('hasDroppedCapabilities', () => {
  it('is false for a process that is gone', () => {
    expect(hasDroppedCapabilities(2 ** 30)).toBe(false);
  });
});
