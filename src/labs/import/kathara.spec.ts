import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { loadLab } from '../lab-loader.js';
import { ImportError } from './imported.js';
import { parseLabConf } from './kathara-conf.js';
import { importKathara } from './kathara.js';
import { readSourceFolder } from './source-folder.js';
import { parseStartup } from './startup-commands.js';

const EXAMPLE = 'test/import/kathara-two-lans';
const options = { id: 'two-lans', locale: 'en' as const };

const importTexts = (texts: Record<string, string>) => importKathara({ texts, others: [] }, options);

describe('a Kathará lab', () => {
  it('becomes a sound lab, with a solution, fixtures and an objective for each thing that it describes', async () => {
    const { files } = importKathara(await readSourceFolder(EXAMPLE), options);
    const lab = loadLab('two-lans', files);
    expect(lab.problems).toEqual([]);
    if (!lab.ok) throw new Error('does not load');
    const ids = lab.spec.objectives.map(({ id }) => id);
    expect(ids).toEqual([
      'machines',
      'domain-left',
      'domain-right',
      'addresses-client',
      'addresses-r1',
      'addresses-server',
      'routes-client',
      'routes-r1',
      'routes-server',
    ]);
    expect(files['solution.sh']).toContain(
      'ip netns exec server ip addr add 192.168.2.20/24 dev eth0\n# expect: 6\n',
    );
    expect(files['instructions.en.md']).toContain(
      '| `r1` | `eth1` | right (`br-right`, `r1-1`) | `192.168.2.1/24` |',
    );
  });

  it('speaks the language that was asked for', async () => {
    const { files } = importKathara(await readSourceFolder(EXAMPLE), { ...options, locale: 'fr' });
    expect(loadLab('two-lans', files).problems).toEqual([]);
    expect(files['instructions.fr.md']).toContain('Montez ce réseau');
  });

  it('lists what could not be translated, with its place', async () => {
    const { leftOut } = importKathara(await readSourceFolder(EXAMPLE), options);
    expect(leftOut.map(({ where }) => where)).toEqual([
      'client.startup:5',
      'r1.startup:6',
      'r1.startup',
      'lab.conf:6',
      'r1/etc/motd',
    ]);
    expect(leftOut.map(({ what }) => what).join('\n')).toMatch(
      /systemctl[^]*no eth7[^]*tcp_syncookies[^]*image/,
    );
  });

  it('keeps machines and domains apart whose names differ only in what ids and interfaces cannot show', () => {
    const conf = `a_b[0]="X"\na__b[0]="X"\nlong_name_of_machine[0]="a_domain_of_long_name"\nc[0]="x"\nc[1]="a_domain_of_long_name"\n`;
    const lab = loadLab('two-lans', importTexts({ 'lab.conf': conf }).files);
    expect(lab.problems).toEqual([]);
  });

  it('is a sound lab whatever its machines and domains are called and connected', () => {
    const name = fc.stringMatching(/^[a-z0-9_]{1,30}$/);
    const domain = fc.stringMatching(/^[A-Za-z0-9_]{1,20}$/);
    const octet = fc.integer({ min: 1, max: 254 });
    const machine = fc.record({ name, domains: fc.array(domain, { maxLength: 3 }), octet });
    fc.assert(
      fc.property(
        fc.uniqueArray(machine, { selector: (m) => m.name, minLength: 1, maxLength: 5 }),
        (machines) => {
          const texts: Record<string, string> = { 'lab.conf': '' };
          for (const { name: host, domains, octet: n } of machines) {
            texts['lab.conf'] += [
              ...domains.map((d, i) => `${host}[${i}]="${d}"`),
              `${host}[mem]="64m"`,
              '',
            ].join('\n');
            texts[`${host}.startup`] = domains
              .map((_, i) => `ip addr add 10.${i}.0.${n}/24 dev eth${i}\n`)
              .join('');
          }
          expect(loadLab('two-lans', importTexts(texts).files).problems).toEqual([]);
        },
      ),
      { numRuns: 15 },
    );
  });

  it.each([
    ['no lab.conf', {}, /lab.conf is missing/],
    ['no machine', { 'lab.conf': 'LAB_NAME="x"\n' }, /names no machine/],
    ['a line of another kind', { 'lab.conf': '\npc1 eth0 A\n' }, /lab.conf:2: .*machine\[interface\]/],
    [
      'a machine of a name that is taken',
      { 'lab.conf': 'main[0]="A"\n' },
      /lab.conf:1: main is the lab host itself/,
    ],
    ['an interface twice', { 'lab.conf': 'pc1[0]="A"\npc1[0]="B"\n' }, /lab.conf:2: pc1\[0\] is given twice/],
    ['a domain that is none', { 'lab.conf': 'pc1[0]="A B"\n' }, /lab.conf:1: "A B" is no collision domain/],
    [
      'more than a lab holds',
      { 'lab.conf': Array.from({ length: 70 }, (_, i) => `pc${i}[0]="D${i}"`).join('\n') },
      /makes 71 objectives/,
    ],
  ])('is refused with %s', (_, texts, message) => {
    expect(() => importTexts(texts as Record<string, string>)).toThrow(message);
    expect(() => importTexts(texts as Record<string, string>)).toThrow(ImportError);
  });

  it('does not throw anything else, whatever its files hold', () => {
    for (const text of ['\u0000', '[]', 'pc1[', 'pc1[0]="A', 'pc1[0]="A"; '.repeat(1000), 'LAB_NAME=']) {
      try {
        importTexts({ 'lab.conf': text });
      } catch (error) {
        expect(error).toBeInstanceOf(ImportError);
      }
    }
  });
});

describe('lab.conf', () => {
  it('names machines, domains, addresses of interfaces and options', () => {
    expect(parseLabConf(readFileSync(`${EXAMPLE}/lab.conf`, 'utf8')).machines[0]).toEqual({
      name: 'client',
      interfaces: [{ n: 0, domain: 'left', mac: '02:00:00:00:00:0a', line: 5 }],
    });
  });
});

describe('a start-up script', () => {
  const effects = (line: string) => parseStartup(line).map((part) => part.effects);

  it.each([
    ['ip addr add 10.0.0.1/24 dev eth0', [{ kind: 'addr', dev: 'eth0', local: '10.0.0.1', prefixlen: 24 }]],
    ['/sbin/ip a add 10.0.0.1 dev eth0', [{ kind: 'addr', dev: 'eth0', local: '10.0.0.1', prefixlen: 32 }]],
    ['ip  link set dev eth0   up', [{ kind: 'up', dev: 'eth0' }]],
    ['ip route add 0.0.0.0/0 via 10.0.0.9', [{ kind: 'route', dst: 'default', via: '10.0.0.9', dev: null }]],
    ['ip route add 10.1.1.1/32 dev eth0', [{ kind: 'route', dst: '10.1.1.1', via: null, dev: 'eth0' }]],
    [
      'route add -net 10.2.0.0 netmask 255.255.0.0 gw 10.0.0.9',
      [{ kind: 'route', dst: '10.2.0.0/16', via: '10.0.0.9', dev: null }],
    ],
    ['echo 1 > /proc/sys/net/ipv4/ip_forward', [{ kind: 'sysctl', key: 'net.ipv4.ip_forward', value: '1' }]],
    ['sysctl net/ipv4/ip_forward=0', [{ kind: 'sysctl', key: 'net.ipv4.ip_forward', value: '0' }]],
  ])('is understood: %s', (line, expected) => {
    expect(effects(line)).toEqual([expected]);
  });

  it.each([
    'ip addr del 10.0.0.1/24 dev eth0',
    'ip route add 10.0.0.0/8',
    'ifconfig eth0 10.0.0.1 netmask 255.0.255.0',
    'echo "a; b"',
    'ip addr add 10.0.0.300/24 dev eth0',
    'ip addr add 10.0.0.3/40 dev eth0',
    'ip route add default via 10.0.0.300',
    'if [ -e x ]; then ip link set eth0 up; fi',
    'ip addr add $(hostname -I)/24 dev eth0',
    'ip -6 addr add fd00::1/64 dev eth0',
  ])('is left to the author: %s', (line) => {
    expect(effects(line)).toContain(undefined);
  });
});
