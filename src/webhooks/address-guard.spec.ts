import { AddressGuard, pinned, RefusedAddress } from './address-guard.js';
import { isInternal } from './internal-address.js';

const INTERNAL = [
  ['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1'],
  ['172.31.255.255', '192.0.0.192', '192.168.1.1', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
  ['::', '::1', '::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '0:0:0:0:0:ffff:10.0.0.1', '::127.0.0.1', 'fe80::1'],
  ['fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '64:ff9b::a00:1', '2001::1', '2001:db8::1'],
  ['2002:7f00:1::', '3fff::1', 'localhost', '', '1.2.3', '0x7f000001'],
].flat();
const PUBLIC = ['1.1.1.1', '8.8.8.8', '172.32.0.1', '100.128.0.1', '193.0.0.1', '223.255.255.254'].concat([
  '::ffff:8.8.8.8',
  '2606:4700:4700::1111',
  '2a00:1450:4007::200e',
]);

const guard = (allowed: string[], answer: string[] = []) =>
  new AddressGuard(allowed, () =>
    Promise.resolve(answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))),
  );

describe('the guard of addresses', () => {
  it.each(INTERNAL)('takes %s for internal', (address) => expect(isInternal(address)).toBe(true));
  it.each(PUBLIC)('takes %s for public', (address) => expect(isInternal(address)).toBe(false));

  it.each([
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f.0.0.1/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
    'https://127.0.0.1./',
  ])('refuses loopback in the spelling %s', async (url) => {
    // The last one is a name to the parser of some, and an address to this one.
    await expect(guard([], ['127.0.0.1']).addresses(new URL(url))).rejects.toThrow(RefusedAddress);
  });

  it('connects to the public ones of a name only, and not at all when there are none', async () => {
    const url = new URL('https://hooks.example/');
    const mixed = await guard([], ['10.0.0.1', '8.8.8.8', '::1']).addresses(url);
    expect(mixed).toEqual([{ address: '8.8.8.8', family: 4 }]);
    await expect(guard([], ['10.0.0.1', '::1']).addresses(url)).rejects.toThrow('is an internal address');
  });

  it('hands the connection the addresses that were checked, whatever the name says later', () => {
    const seen: unknown[] = [];
    const addresses = [{ address: '8.8.8.8', family: 4 }];
    pinned(addresses)('rebound.example', { all: true }, (_error, found) => void seen.push(found));
    pinned(addresses)('rebound.example', {}, (_error, found) => void seen.push(found));
    expect(seen).toEqual([addresses, '8.8.8.8']);
  });

  it('lets plain HTTP go only where the operator allowed it', async () => {
    const open = guard(['127.0.0.1/32', 'fd00::/8']);
    expect(open.permits('127.0.0.1', 'http:')).toBe(true);
    expect(open.permits('::ffff:127.0.0.1', 'http:')).toBe(true);
    expect(open.permits('fd12::1', 'https:')).toBe(true);
    expect(open.permits('127.0.0.2', 'https:')).toBe(false);
    expect(open.permits('8.8.8.8', 'http:')).toBe(false);
    expect(await open.problem(new URL('http://8.8.8.8/'))).toContain('takes https alone');
    expect(await guard([]).problem(new URL('http://127.0.0.1/'))).toBe('must begin with https://');
  });

  it('names what is wrong with a URL, and lets one that does not resolve yet be', async () => {
    expect(await guard([]).problem(new URL('ftp://x.example/'))).toBe('must begin with https://');
    expect(await guard([]).problem(new URL('https://a:b@x.example/'))).toContain('no password');
    const lost = new AddressGuard([], () => Promise.reject(new Error('ENOTFOUND')));
    expect(await lost.problem(new URL('https://tomorrow.example/'))).toBeUndefined();
  });
});
