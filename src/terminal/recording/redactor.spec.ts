import * as fc from 'fast-check';
import { Redactor } from './redactor.js';

function redact(pieces: string[], literals: string[], patterns: string[] = []): string {
  const redactor = new Redactor({ literals, patterns });
  return pieces.map((piece) => redactor.push(piece)).join('') + redactor.flush();
}

describe('redaction', () => {
  it('finds literals however the text is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('s3cret', 's3', 'token-1', 'x', '\n', 'to', 'ken-1', 'cret'), {
          maxLength: 30,
        }),
        fc.array(fc.nat(200), { maxLength: 8 }),
        (words, cuts) => {
          const text = words.join('');
          const at = [...new Set(cuts.map((cut) => Math.min(cut, text.length)))].toSorted((a, b) => a - b);
          const pieces = [0, ...at].map((from, i) => text.slice(from, at[i] ?? text.length));
          const whole = text.replaceAll('token-1', '[redacted]').replaceAll('s3cret', '[redacted]');
          expect(redact(pieces, ['s3cret', 'token-1'])).toBe(whole);
        },
      ),
    );
  });

  it('holds back no more than the beginning of a literal', () => {
    const redactor = new Redactor({ literals: ['s3cret'], patterns: [] });
    expect(redactor.push('prompt$ ')).toBe('prompt$ ');
    expect(redactor.push('my s3c')).toBe('my ');
    expect(redactor.waits).toBe(true);
    expect(redactor.push('ond')).toBe('s3cond');
  });

  it('looks for patterns in whole lines, and in what there is when nothing more comes', () => {
    const pieces = ['key=ab', 'cd1234\nnext ke', 'y=zz '];
    expect(redact(pieces, [], [String.raw`key=\w+`])).toBe('[redacted]\nnext [redacted] ');
    const redactor = new Redactor({ literals: [], patterns: [String.raw`key=\w+`] });
    expect(redactor.push('key=ab')).toBe('');
    expect(redactor.flush()).toBe('[redacted]');
  });

  it('does not hold back a line without an end for ever', () => {
    const redactor = new Redactor({ literals: [], patterns: ['zzz'] });
    expect(redactor.push('x'.repeat(5000))).toHaveLength(5000);
  });
});
