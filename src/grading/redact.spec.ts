import { evidenceOf } from './evidence.js';
import type { Json } from './json.js';
import { seen } from './observation.js';
import { redact } from './redact.js';

describe('what is stored and shown', () => {
  it('holds no value that the learner is to find', () => {
    const shown = redact({ note: 'it is abc123!', list: ['abc123'] }, ['abc123']);
    expect(shown).toEqual({ note: 'it is [redacted]!', list: ['[redacted]'] });
  });

  it.each([
    '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----',
    'Authorization: Bearer abcdefghijklmnop',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N',
  ])('holds no credential: %s', (text) => {
    expect(JSON.stringify(redact({ text }, []))).toMatch(/\[redacted\]/);
    expect(JSON.stringify(redact({ text }, []))).not.toMatch(/MIIE|abcdefghijklmnop|dozjgNry/);
  });

  it.each([
    ['DB_PASSWORD', true],
    ['API_TOKEN', true],
    ['apiKey', true],
    ['REPLICAS', false],
  ])('hides the value of a variable named %s: %s', (name, hidden) => {
    const env = redact([{ name, value: 'v' }], []) as { value: Json }[];
    expect(env[0]!.value).toBe(hidden ? '[redacted]' : 'v');
  });

  it('keeps the story of many large objects within 8 KiB', () => {
    const pod = (name: string): Json => ({
      kind: 'Pod',
      metadata: { name, uid: name, annotations: { long: 'x'.repeat(2000) } },
      spec: { nodeName: 'n', containers: [{ name: 'c', image: 'web:1', env: ['y'.repeat(1000)] }] },
      status: { phase: 'Running', conditions: [{ type: 'Ready' }] },
    });
    const pods = seen(['a', 'b', 'c', 'd', 'e'].map(pod));
    const about = { objective: 'o', from: 'pending', to: 'passed', explanation: null, secrets: [] };
    const body = evidenceOf({ ...about, reads: ['pods'], observations: { pods } });
    expect(JSON.stringify(body).length).toBeLessThan(8192);
    expect(body.observations['pods']).toHaveLength(5);
    expect(body.observations['pods']).toMatchObject([
      { metadata: { name: 'a' }, spec: { images: ['web:1'] }, status: { phase: 'Running' } },
      ...Array.from({ length: 4 }, () => ({})),
    ]);
  });
});
