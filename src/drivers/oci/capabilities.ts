import { HOST_CAPABILITIES, type Finding, type HostCapability } from '../host-driver.js';

/** Findings of the probe that decide about a capability; one without a finding is always there. */
const DECIDES: Record<string, HostCapability> = {
  'host.netns': 'netns',
  'host.tun': 'ovs',
  'host.nft': 'nft',
  'host.nested-proc': 'nested-proc',
  'host.delegated-cgroup': 'cgroup',
};

/** What lab hosts of this machine can do, by what the probe saw one do. */
export function capabilitiesOf(findings: readonly Finding[]): HostCapability[] {
  const lacking = findings.filter(({ level }) => level !== 'ok').map(({ code }) => DECIDES[code]);
  return HOST_CAPABILITIES.filter((capability) => !lacking.includes(capability));
}
