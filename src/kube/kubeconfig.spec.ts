import { kubeconfigFacts } from '../grading/probes/kubeconfig-facts.js';
import { certificateHash } from '../grading/fingerprint.js';
import { parse } from 'yaml';
import type { Json } from '../grading/json.js';
import { accessOfKubeconfig, kubeconfigText } from './kubeconfig.js';

const CA = '-----BEGIN CERTIFICATE-----\nAAECAwQF\n-----END CERTIFICATE-----\n';
const access = {
  server: 'https://10.253.0.3:6443',
  ca: CA,
  cert: 'cert',
  key: 'very secret key',
  user: 'sb-1',
  expiresAt: new Date(),
};

describe('a kubeconfig', () => {
  it('is read back as it was written', () => {
    const { expiresAt: _, ...back } = accessOfKubeconfig(kubeconfigText(access, { name: 'lab' }));
    const { expiresAt: __, ...given } = access;
    expect(back).toEqual(given);
  });

  it.each(['', 'kind: Config', 'current-context: x\ncontexts: [{name: x, context: {cluster: y, user: z}}]'])(
    'that says not enough is refused: %j',
    (text) => {
      expect(() => accessOfKubeconfig(text === '' ? '{}' : text)).toThrow(/no current context/);
    },
  );

  it('is graded by where it leads, and its keys never leave it', () => {
    const text = kubeconfigText(access, { name: 'lab', namespace: 'dev' });
    const facts = kubeconfigFacts(parse(text) as Json);
    expect(facts).toEqual({
      currentContext: 'lab',
      contexts: ['lab'],
      server: access.server,
      caHash: certificateHash(CA),
      namespace: 'dev',
      user: 'sb-1',
      credential: { kind: 'certificate', hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(JSON.stringify(facts)).not.toContain(Buffer.from(access.key).toString('base64'));
  });

  it('has the same certificate hash however the text is wrapped', () => {
    expect(certificateHash(CA.replaceAll('\n', '\r\n'))).toBe(certificateHash(CA));
    expect(certificateHash('nothing')).toBeUndefined();
  });

  it.each([
    null,
    3,
    [],
    { 'current-context': 3 },
    { contexts: [null] },
    { 'current-context': 'a', contexts: 'a' },
  ])('of nonsense leads nowhere: %j', (config) => {
    const facts = kubeconfigFacts(config as Json) as { server: Json } | null;
    expect(facts === null ? null : facts.server).toBeNull();
  });
});
