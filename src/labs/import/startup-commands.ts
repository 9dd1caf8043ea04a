import { isIPv4 } from 'node:net';

/** What a line of a start-up script does to the network of its machine. */
export type Effect =
  | { kind: 'addr'; dev: string; local: string; prefixlen: number }
  | { kind: 'route'; dst: string; via: string | null; dev: string | null }
  | { kind: 'up'; dev: string }
  | { kind: 'mtu'; dev: string; mtu: number }
  | { kind: 'sysctl'; key: string; value: string };

export interface StartupLine {
  line: number;
  text: string;
  /** undefined = not understood. */
  effects: Effect[] | undefined;
}

const IPV4 = '(?:\\d{1,3}\\.){3}\\d{1,3}';
const DEV = '[A-Za-z0-9_.-]{1,15}';

type Rule = [RegExp, (found: RegExpExecArray) => Effect[]];

const RULES: Rule[] = [
  [
    new RegExp(
      `^ip (?:-4 )?(?:a|addr|address) add (${IPV4})(?:/(\\d{1,2}))?((?: (?:brd|broadcast) \\S+)?) dev (${DEV})$`,
    ),
    ([, local, prefix, , dev]) => [
      { kind: 'addr', dev: dev!, local: local!, prefixlen: Number(prefix ?? 32) },
    ],
  ],
  [new RegExp(`^ip (?:l|link) set (?:dev )?(${DEV}) up$`), ([, dev]) => [{ kind: 'up', dev: dev! }]],
  [
    new RegExp(`^ip (?:l|link) set (?:dev )?(${DEV}) mtu (\\d{2,5})$`),
    ([, dev, mtu]) => [{ kind: 'mtu', dev: dev!, mtu: Number(mtu) }],
  ],
  [
    new RegExp(
      `^ip (?:-4 )?(?:r|ro|route) add (default|${IPV4}(?:/\\d{1,2})?)(?: via (${IPV4}))?(?: dev (${DEV}))?$`,
    ),
    ([, dst, via, dev]) =>
      via === undefined && dev === undefined
        ? []
        : [{ kind: 'route', dst: destination(dst!), via: via ?? null, dev: dev ?? null }],
  ],
  [
    new RegExp(`^route add default gw (${IPV4})(?: (?:dev )?(${DEV}))?$`),
    ([, via, dev]) => [{ kind: 'route', dst: 'default', via: via!, dev: dev ?? null }],
  ],
  [
    new RegExp(`^route add -net (${IPV4}) netmask (${IPV4}) gw (${IPV4})(?: (?:dev )?(${DEV}))?$`),
    ([, net, mask, via, dev]) => routeOf(net!, prefixOf(mask!), via!, dev),
  ],
  [
    new RegExp(`^route add -net (${IPV4})/(\\d{1,2}) gw (${IPV4})(?: (?:dev )?(${DEV}))?$`),
    ([, net, prefix, via, dev]) => routeOf(net!, Number(prefix), via!, dev),
  ],
  [
    new RegExp(
      `^ifconfig (${DEV}) (${IPV4})(?:/(\\d{1,2})| netmask (${IPV4}))(?: broadcast ${IPV4})?(?: up)?$`,
    ),
    ([, dev, local, prefix, mask]) => {
      const prefixlen = prefix === undefined ? prefixOf(mask!) : Number(prefix);
      return prefixlen === undefined
        ? []
        : [
            { kind: 'up', dev: dev! },
            { kind: 'addr', dev: dev!, local: local!, prefixlen },
          ];
    },
  ],
  [new RegExp(`^ifconfig (${DEV}) up$`), ([, dev]) => [{ kind: 'up', dev: dev! }]],
  [
    /^sysctl (?:-w )?(net[./][A-Za-z0-9_./-]+) ?= ?"?(\d+)"?$/,
    ([, key, value]) => [{ kind: 'sysctl', key: key!.replaceAll('/', '.'), value: value! }],
  ],
  [
    /^echo "?(\d+)"? ?> ?\/proc\/sys\/(net\/[A-Za-z0-9_/-]+)$/,
    ([, value, key]) => [{ kind: 'sysctl', key: key!.replaceAll('/', '.'), value: value! }],
  ],
];

/** Each command of a start-up script; comments and empty lines left out. */
export function parseStartup(text: string): StartupLine[] {
  return text.split('\n').flatMap((raw, i) =>
    // A line with quotes or substitutions is one command, understood or not.
    (/["'`$(]/.test(raw) ? [raw] : raw.split(/&&|;/))
      .map((part) => part.trim().replace(/\s+/g, ' '))
      .filter((part) => part !== '' && !part.startsWith('#'))
      .map((part) => ({ line: i + 1, text: part, effects: effectsOf(part) })),
  );
}

function effectsOf(command: string): Effect[] | undefined {
  const plain = command.replace(/^(?:sudo )?(?:\/usr)?(?:\/s?bin\/)?/, '');
  for (const [pattern, effects] of RULES) {
    const found = pattern.exec(plain);
    const made = found ? effects(found) : [];
    if (made.length > 0) return made.every(isPossible) ? made : undefined;
  }
  return undefined;
}

/** Addresses and prefixes that exist. */
function isPossible(effect: Effect): boolean {
  if (effect.kind === 'addr') return isIPv4(effect.local) && effect.prefixlen <= 32;
  if (effect.kind !== 'route') return true;
  const [net = '', prefix = '32'] = effect.dst.split('/');
  const dst = effect.dst === 'default' || (isIPv4(net) && Number(prefix) <= 32);
  return dst && (effect.via === null || isIPv4(effect.via));
}

function routeOf(net: string, prefix: number | undefined, via: string, dev: string | undefined): Effect[] {
  if (prefix === undefined) return [];
  return [{ kind: 'route', dst: destination(`${net}/${prefix}`), via, dev: dev ?? null }];
}

/** As the kernel shows it: `default`, and hosts without their /32. */
function destination(dst: string): string {
  if (dst === '0.0.0.0/0') return 'default';
  return dst.replace(/\/32$/, '');
}

/** 255.255.255.0 -> 24; undefined for a mask with holes. */
function prefixOf(mask: string): number | undefined {
  const bits = mask
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(bits) && bits.length === 32
    ? bits.indexOf('0') < 0
      ? 32
      : bits.indexOf('0')
    : undefined;
}
