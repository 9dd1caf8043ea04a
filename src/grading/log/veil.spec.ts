import fc from 'fast-check';
import type { Json } from '../json.js';
import { redact } from '../redact.js';
import { Veil } from './veil.js';

const key = Buffer.alloc(32, 7);
const veil = new Veil({
  secrets: ['abc123def456', 'swordfish'],
  values: { app: 'web', token: 'abc123def456' },
  key,
});
const BEARER = 'Authorization: Bearer abcdefghijklmnop';

describe('what a log hides', () => {
  it('holds no secret wherever evidence holds none', () => {
    const parts = fc.constantFrom('abc123def456', 'swordfish', BEARER, 'x', ' ', 'eth0');
    const value = fc.letrec<{ v: Json }>((tie) => ({
      v: fc.oneof(
        { maxDepth: 3 },
        fc.array(parts, { maxLength: 3 }).map((list) => list.join('')),
        fc.array(tie('v'), { maxLength: 3 }),
        fc.record({ name: fc.constantFrom('DB_PASSWORD', 'PORT'), value: parts }),
        fc.dictionary(fc.constantFrom('a', 'b'), tie('v'), { maxKeys: 2 }),
      ),
    })).v;
    fc.assert(
      fc.property(value, (v) => {
        const hidden = JSON.stringify(veil.over(v));
        expect(hidden).not.toMatch(/abc123def456|swordfish|abcdefghijklmnop/);
        // The same shape, so that what changed next time is found in the same place.
        const shape = (json: Json): string => JSON.stringify(json).replaceAll(/"[^"]*"/g, 's');
        expect(shape(veil.over(v))).toBe(shape(redact(v, ['abc123def456', 'swordfish'])));
      }),
    );
  });

  it('lets equal be equal and different different, also within longer texts and for the next grader', () => {
    const [a, b] = ['abc123def456', 'swordfish'].map((text) => veil.over(text));
    expect(a).toMatch(/^[a-z0-9]{12}$/);
    expect(b).toMatch(/^[a-z0-9]{9}$/);
    expect(veil.over('the token is abc123def456.')).toBe(`the token is ${a as string}.`);
    const again = new Veil({ secrets: ['abc123def456'], values: {}, key });
    expect(again.over('abc123def456')).toBe(a);
    const bearer = veil.over(BEARER);
    expect(veil.over(BEARER)).toBe(bearer);
    expect(veil.over(BEARER.replace('mnop', 'qrst'))).not.toBe(bearer);
  });

  it('cannot be guessed at without the key of the service', () => {
    const other = new Veil({ secrets: ['abc123def456'], values: {}, key: Buffer.alloc(32, 8) });
    expect(other.over('abc123def456')).not.toBe(veil.over('abc123def456'));
  });

  it('keeps what the lab itself says, whatever the variable is called', () => {
    expect(veil.over({ name: 'API_TOKEN', value: 'web' })).toEqual({ name: 'API_TOKEN', value: 'web' });
    expect(veil.over({ name: 'API_TOKEN', value: 'other' })).not.toMatchObject({ value: 'other' });
  });
});
