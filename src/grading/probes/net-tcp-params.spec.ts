import { parseCall } from './calls.js';
import { traitsOf } from './traits.js';

const tcp = (params: object) => parseCall({ 'net.tcp': params });
const problemOf = (params: object): string => {
  const parsed = tcp(params);
  return 'problem' in parsed ? parsed.problem : 'none';
};
const callOf = (raw: object) => {
  const parsed = parseCall(raw);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.call;
};

describe('the parameters of net.tcp', () => {
  it('name the ends of the uplink by words', () => {
    expect(
      callOf({ 'net.tcp': { from: 'outside', to: { ns: 'c1', addr: 'uplink', port: 8080, listen: 80 } } }),
    ).toMatchObject({ params: { to: { addr: '198.51.100.2', listen: 80 }, nonce: 'auto', via: [] } });
    expect(
      callOf({ 'net.tcp': { from: 'c1', to: { ns: 'outside', addr: 'outside', port: 7070 } } }),
    ).toMatchObject({ params: { to: { addr: '198.51.100.1' } } });
    expect(
      callOf({ 'net.tcp': { from: 'c1', to: { addr: 'fd00::1', port: 22 }, nonce: 'none' } }),
    ).toMatchObject({
      params: { to: { addr: 'fd00::1' } },
    });
  });

  it('say what is wrong with them', () => {
    expect(problemOf({ from: 'c1', to: { addr: 'c2', port: 1 } })).toContain(
      'must be an IP address, uplink or',
    );
    expect(problemOf({ from: 'c1', to: { addr: '10.0.0.1', port: 1 } })).toContain('where it must arrive');
    expect(problemOf({ from: 'c1', to: { ns: 'outside', addr: 'outside', port: 80 } })).toContain('1024');
    expect(problemOf({ from: 'c1', to: { ns: 'c2', addr: '10.0.0.1', port: 0 } })).not.toBe('none');
    expect(problemOf({ from: '..', to: { ns: 'c2', addr: '10.0.0.1', port: 1 } })).not.toBe('none');
  });

  it('ask the sandbox for an uplink only where it is used', () => {
    const inside = { from: 'c1', to: { ns: 'c2', addr: '10.0.0.3', port: 80 } };
    expect(traitsOf(callOf({ 'net.tcp': inside })).requires).toBe('netns');
    expect(traitsOf(callOf({ 'net.tcp': { ...inside, from: 'outside' } })).requires).toBe('uplink');
    expect(traitsOf(callOf({ 'netns.nft': { ns: 'main' } })).requires).toBe('nft');
  });
});

describe('the parameters of netns.sysctl', () => {
  it.each([
    'kernel.hostname',
    'net.ipv4.tcp_syncookies',
    'net.ipv6.conf.all.rp_filter',
    'net.ipv4.conf.all.toString',
    'net.ipv4.conf.a/b.forwarding',
  ])('do not allow %s', (key) => {
    expect(parseCall({ 'netns.sysctl': { ns: 'main', keys: [key] } })).toMatchObject({
      problem: expect.stringContaining('net.ipv4.ip_forward'),
    });
  });

  it('allow what the kernel tells of an interface', () => {
    const keys = ['net.ipv4.ip_forward', 'net.ipv4.conf.br0.proxy_arp', 'net.ipv6.conf.eth0.forwarding'];
    expect(callOf({ 'netns.sysctl': { ns: 'c1', keys } })).toMatchObject({ params: { keys } });
  });
});
