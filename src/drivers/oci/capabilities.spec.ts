import type { Finding } from '../host-driver.js';
import { capabilitiesOf } from './capabilities.js';

const finding = (code: string, level: Finding['level']): Finding => ({ code, level, found: '', wanted: '' });

describe('what lab hosts of a machine can do', () => {
  it('is everything whose probe succeeded', () => {
    const findings = ['host.netns', 'host.tun', 'host.nft', 'host.delegated-cgroup'].map((code) =>
      finding(code, 'ok'),
    );
    expect(capabilitiesOf(findings)).toEqual(expect.arrayContaining(['netns', 'ovs', 'nft', 'cgroup']));
  });

  it('lacks what the probe could not do, and nothing because of another warning', () => {
    const findings = [
      finding('host.delegated-cgroup', 'warn'),
      finding('host.tun', 'warn'),
      finding('host.files', 'warn'),
    ];
    const offered = capabilitiesOf(findings);
    expect(offered).not.toContain('cgroup');
    expect(offered).not.toContain('ovs');
    expect(offered).toEqual(expect.arrayContaining(['netns', 'nft', 'nested-proc']));
  });
});
