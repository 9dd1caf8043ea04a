import { SecretBox } from './sealed-secret.js';
import { newSigningSecret, signedHeaders } from './signature.js';

describe('the signature of a webhook', () => {
  it('is the one of the published example of Standard Webhooks', () => {
    const headers = signedHeaders({
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      at: 1_614_265_330_000,
      body: '{"test": 2432232314}',
    });
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('is made with 256 bits that are new each time', () => {
    const secrets = Array.from({ length: 50 }, newSigningSecret);
    expect(new Set(secrets).size).toBe(50);
    for (const secret of secrets) {
      expect(secret).toMatch(/^whsec_/);
      expect(Buffer.from(secret.slice(6), 'base64')).toHaveLength(32);
    }
  });
});

describe('a sealed secret', () => {
  const box = new SecretBox(Buffer.alloc(32, 1));

  it('opens for its endpoint and under its service secret only', () => {
    const sealed = box.seal('whsec_abc', 'whe_1');
    expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('whsec_abc');
    expect(box.open(sealed, 'whe_1')).toBe('whsec_abc');
    expect(box.open(sealed, 'whe_2')).toBeUndefined();
    expect(new SecretBox(Buffer.alloc(32, 2)).open(sealed, 'whe_1')).toBeUndefined();
  });

  it('does not open once a byte of it was changed', () => {
    const bytes = Buffer.from(box.seal('whsec_abc', 'whe_1'), 'base64');
    for (const at of [0, 12, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      expect(box.open(changed.toString('base64'), 'whe_1')).toBeUndefined();
    }
    expect(box.open('', 'whe_1')).toBeUndefined();
  });
});
