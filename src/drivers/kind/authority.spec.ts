import { X509Certificate, createPrivateKey } from 'node:crypto';
import { issueClient, makeAuthority } from './authority.js';

describe('the authority of a cluster', () => {
  it('signs clients that it can be told by, each with a key of its own', async () => {
    const authority = await makeAuthority();
    const request = { authority, user: 'ada', group: 'wheelhouse:learners', lifetimeMs: 3_600_000 };
    const [one, two] = [await issueClient(request), await issueClient(request)];
    const ca = new X509Certificate(authority.cert);
    const cert = new X509Certificate(one.cert);
    expect(ca.ca).toBe(true);
    expect(cert.verify(ca.publicKey)).toBe(true);
    expect(cert.checkIssued(ca)).toBe(true);
    expect(cert.subject.split('\n').toSorted()).toEqual(['CN=ada', 'O=wheelhouse:learners']);
    expect(cert.checkPrivateKey(createPrivateKey(one.key))).toBe(true);
    expect(cert.checkPrivateKey(createPrivateKey(two.key))).toBe(false);
    expect(cert.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(Math.abs(Date.parse(cert.validTo) - one.expiresAt.getTime())).toBeLessThan(1000);
  });

  it('never signs for longer than it lives itself', async () => {
    const authority = await makeAuthority();
    const far = await issueClient({ authority, user: 'a', group: 'b', lifetimeMs: 100 * 365 * 86_400_000 });
    expect(new X509Certificate(far.cert).validTo).toBe(new X509Certificate(authority.cert).validTo);
  });
});
