import type { LabFiles } from '../lab-folder.js';
import { json } from './template.js';

const link = { kind: 'veth', up: true, carrier: true };

/** What the probes saw once the solution was typed, as far as the assertions read it. */
const SOLVED = {
  ns: [{ name: 'blue', inode: 4026532200, main: false, dup: false }],
  lm: [
    { ifname: 'lo', kind: null, up: true, carrier: true, peer: null },
    { ifname: 'veth-b', ...link, peer: { ns: 'blue', ifname: 'eth0' } },
  ],
  lb: [
    { ifname: 'lo', kind: null, up: false, carrier: false, peer: null },
    { ifname: 'eth0', ...link, peer: { ns: 'main', ifname: 'veth-b' } },
  ],
  am: [{ ifname: 'veth-b', family: 'inet', local: '10.1.0.1', prefixlen: 24, scope: 'global' }],
  ab: [{ ifname: 'eth0', family: 'inet', local: '10.1.0.2', prefixlen: 24, scope: 'global' }],
  ping: {
    sent: 3,
    received: 3,
    rttMs: 0.1,
    witness: { ifname: 'eth0', seen: 3 },
    via: [{ ifname: 'veth-b', moved: true }],
  },
};

/** One fixture that passes all, and for each objective one of a likely mistake. */
export function networkFixtures(): LabFiles {
  const fail = (id: string, change: Partial<Record<keyof typeof SOLVED, unknown>>): [string, string] => [
    `fixtures/fail-${id}.json`,
    json({ observations: { ...SOLVED, ...change }, expect: { [id]: false } }),
  ];
  const all = { namespace: true, wired: true, addressed: true, reached: true };
  return {
    'fixtures/pass-all.json': json({ observations: SOLVED, expect: all }),
    ...Object.fromEntries([
      fail('namespace', { ns: [{ ...SOLVED.ns[0], main: true }] }),
      fail('wired', { lb: [SOLVED.lb[0], { ...SOLVED.lb[1], up: false }] }),
      fail('addressed', { ab: [{ ...SOLVED.ab[0], prefixlen: 32 }] }),
      fail('reached', { ping: { ...SOLVED.ping, witness: { ifname: null, seen: 0 } } }),
    ]),
  };
}
