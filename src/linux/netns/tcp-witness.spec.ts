import { parseDial } from './tcp.js';
import { sourceOf } from './tcp-witness.js';

describe('the source of a packet', () => {
  it('is read from both versions of IP, in the form that everybody writes', () => {
    const four = Buffer.alloc(60);
    four[0] = 0x45;
    Buffer.from([198, 51, 100, 1]).copy(four, 12);
    expect(sourceOf(four)).toBe('198.51.100.1');
    const six = Buffer.alloc(80);
    six[0] = 0x60;
    six.writeUInt16BE(0xfd00, 8);
    six.writeUInt16BE(0x2a, 22);
    expect(sourceOf(six)).toBe('fd00::2a');
  });

  it('is unknown where the packet is cut off', () => {
    expect(sourceOf(Buffer.from([0x45, 0]))).toBeUndefined();
  });
});

describe('what a dialler says', () => {
  it.each([
    ['connected\nanswer 6869\n', { reached: true, answer: 'hi' }],
    ['connected\nanswer \n', { reached: true, answer: '' }],
    ['connected\n', { reached: true, answer: null }],
    ['failed timeout\n', { reached: false, answer: null }],
    ['failed Network is unreachable\n', { reached: false, answer: null }],
    ['', { reached: false, answer: null }],
  ])('is read from %j', (text, result) => {
    expect(parseDial(text)).toEqual(result);
  });
});
