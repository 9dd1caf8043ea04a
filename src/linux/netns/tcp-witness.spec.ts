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
    ['connected\nanswer 6869\n', { reached: true, failure: null, answer: 'hi' }],
    ['connected\nanswer \n', { reached: true, failure: null, answer: '' }],
    ['connected\n', { reached: true, failure: null, answer: null }],
    ['failed timeout\n', { reached: false, failure: 'timeout', answer: null }],
    ['failed Network is unreachable\n', { reached: false, failure: 'Network is unreachable', answer: null }],
    ['', { reached: false, failure: null, answer: null }],
  ])('is read from %j', (text, result) => {
    expect(parseDial(text)).toEqual(result);
  });
});
