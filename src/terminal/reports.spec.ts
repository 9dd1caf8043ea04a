import { isReport } from './reports.js';

describe('what an emulator sends by itself', () => {
  it.each([
    '\x1b[?1;2c',
    '\x1b[>0;276;0c',
    '\x1b[0n',
    '\x1b[24;80R',
    '\x1b[?2026;2$y',
    '\x1b[I',
    '\x1b[O\x1b[I',
    '\x1b]11;rgb:0000/0000/0000\x07',
    '\x1b]4;1;rgb:ffff/0000/0000\x1b\\',
    '\x1bP1$r0m\x1b\\',
  ])('is a report: %j', (text) => {
    expect(isReport(Buffer.from(text))).toBe(true);
  });

  it.each(['', 'ls\r', '\x1b', '\x1b[A', '\x1bOP', '\x1b[200~pasted\x1b[201~', '\x1b[24;80Rls', '\x1b[3~'])(
    'is not one: %j',
    (text) => {
      expect(isReport(Buffer.from(text))).toBe(false);
    },
  );

  it('is judged in no time, however it is drawn out', () => {
    const began = performance.now();
    expect(isReport(Buffer.from('\x1b[' + '1;'.repeat(100_000)))).toBe(false);
    expect(isReport(Buffer.from('\x1b[0n'.repeat(1000) + 'x'))).toBe(false);
    expect(performance.now() - began).toBeLessThan(100);
  });
});
