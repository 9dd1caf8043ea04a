import { ALLOWED, NOT_IMPLEMENTED, REFUSED } from './seccomp-calls.js';

const EPERM = 1;
const ENOSYS = 38;
const EPROTONOSUPPORT = 93;
const EAFNOSUPPORT = 97;

const CLONE_NEWUSER = 0x10000000;
const MS_REMOUNT = 0x20;
const AF = { unix: 1, inet: 2, inet6: 10, netlink: 16, packet: 17 } as const;
const NETLINK = { route: 0, sockDiag: 4, netfilter: 12, uevent: 15, generic: 16 } as const;
/** Linux, 32-bit, without address randomisation, both, and "tell me": all that programs ask for in good faith. */
const PERSONALITIES = [0, 8, 0x20000, 0x20008, 0xffffffff];

type Op = 'SCMP_CMP_EQ' | 'SCMP_CMP_GT' | 'SCMP_CMP_MASKED_EQ';
interface Arg {
  index: number;
  value: number;
  valueTwo?: number;
  op: Op;
}
interface Rule {
  names: string[];
  action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO';
  errnoRet?: number;
  args?: Arg[];
}

const equals = (index: number, value: number): Arg => ({ index, value, op: 'SCMP_CMP_EQ' });
const allow = (names: string[], ...args: Arg[]): Rule => ({ names, action: 'SCMP_ACT_ALLOW', args });
const refuse = (names: string[], errnoRet: number, ...args: Arg[]): Rule => ({
  names,
  action: 'SCMP_ACT_ERRNO',
  errnoRet,
  args,
});

/** Allows a call where the flag is absent from argument `index`, refuses it where it is set. */
function withoutFlag(names: string[], index: number, flag: number): Rule[] {
  const test = (valueTwo: number): Arg => ({ index, value: flag, valueTwo, op: 'SCMP_CMP_MASKED_EQ' });
  return [allow(names, test(0)), refuse(names, EPERM, test(flag))];
}

function socketRules(netfilter: boolean): Rule[] {
  const protocols = [NETLINK.route, NETLINK.sockDiag, NETLINK.uevent, NETLINK.generic];
  const netlink = (protocol: number): Arg[] => [equals(0, AF.netlink), equals(2, protocol)];
  return [
    ...[AF.unix, AF.inet, AF.inet6, AF.packet].map((family) => allow(['socket'], equals(0, family))),
    ...protocols.map((protocol) => allow(['socket'], ...netlink(protocol))),
    netfilter
      ? allow(['socket'], ...netlink(NETLINK.netfilter))
      : refuse(['socket'], EPROTONOSUPPORT, ...netlink(NETLINK.netfilter)),
    refuse(['socket'], EAFNOSUPPORT, { index: 0, value: AF.packet, op: 'SCMP_CMP_GT' }),
    allow(['socketpair'], equals(0, AF.unix)),
  ];
}

/**
 * The filter of every process in a lab host. No new user namespaces, or each learner could mint more of everything
 * that is counted; no remounts, or limits such as the PTY count of a devpts could be lifted.
 */
export function seccompProfile(options: { netfilter: boolean }): object {
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: ENOSYS,
    architectures: ['SCMP_ARCH_X86_64'],
    syscalls: [
      allow(ALLOWED),
      refuse(NOT_IMPLEMENTED, ENOSYS),
      refuse(REFUSED, EPERM),
      ...withoutFlag(['clone', 'unshare'], 0, CLONE_NEWUSER),
      ...withoutFlag(['mount'], 3, MS_REMOUNT),
      ...socketRules(options.netfilter),
      // Success without effect: a lab host has one uid, and programs that drop groups should go on.
      refuse(['setgroups'], 0),
      ...PERSONALITIES.map((persona) => allow(['personality'], equals(0, persona))),
    ],
  };
}
