import { addressesOf, freeSubnets, overlaps, parseRange } from './subnets.js';

const taken = (...texts: string[]) => texts.map((text) => parseRange(text)!);
const first = (pool: string, ...texts: string[]) => {
  const [subnet] = freeSubnets(pool, taken(...texts));
  return subnet && addressesOf(subnet).subnet;
};

describe('networks out of a pool', () => {
  it('begin where nothing else is', () => {
    expect(first('10.253.0.0/16')).toBe('10.253.0.0/26');
    expect(first('10.253.0.0/16', '10.253.0.70')).toBe('10.253.0.0/26');
    expect(first('10.253.0.0/16', '10.253.0.1', '10.253.0.64/30', '10.253.0.128/25')).toBe('10.253.1.0/26');
    expect(first('10.253.0.0/25', '10.0.0.0/8')).toBeUndefined();
  });

  it('reserve the second address for the lab host', () => {
    expect(addressesOf(parseRange('10.253.255.192/26')!)).toEqual({
      subnet: '10.253.255.192/26',
      gateway: '10.253.255.193',
      labHost: '10.253.255.194',
      hostCidr: '10.253.255.194/26',
    });
  });

  it('are none for what is no pool', () => {
    for (const pool of ['', 'fd00::/64', '10.253.0.0/33', '10.253.0.0/27', '10.256.0.0/16']) {
      expect(() => [...freeSubnets(pool, [])]).toThrow(/expected IPv4/);
    }
  });

  it('are told apart', () => {
    const [a, b, c] = taken('10.0.0.0/24', '10.0.0.255', '10.0.1.0/24');
    expect([overlaps(a!, b!), overlaps(a!, c!), overlaps(c!, a!)]).toEqual([true, false, false]);
    expect(parseRange('fe80::1')).toBeUndefined();
  });
});
