import * as fc from 'fast-check';
import { ReplayRing } from './replay-ring.js';

const SIZE = { cols: 80, rows: 24 };

function ring(bytes = 64, page = 16): ReplayRing {
  return new ReplayRing(bytes, SIZE, page);
}

function read(from: ReplayRing, offset: number): string {
  let text = '';
  for (let at = offset; at < from.head;) {
    const piece = from.slice(at, 1000);
    text += piece.toString('latin1');
    at += piece.length;
  }
  return text;
}

describe('the replay ring', () => {
  it('gives back the last bytes by absolute offset, however they were cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 40 }), { maxLength: 40 }), (pieces) => {
        const r = ring();
        for (const piece of pieces) r.append(Buffer.from(piece));
        const all = Buffer.from(pieces.join('')).toString('latin1');
        expect(r.head).toBe(all.length);
        expect(r.head - r.start).toBeGreaterThanOrEqual(Math.min(64, all.length));
        expect(r.head - r.start).toBeLessThanOrEqual(80);
        expect(read(r, r.start)).toBe(all.slice(r.start));
      }),
    );
  });

  it('leaves a slice intact after its page was dropped', () => {
    const r = ring();
    r.append(Buffer.from('abcdefghijklmnop'));
    const slice = r.slice(4, 4);
    for (let i = 0; i < 20; i++) r.append(Buffer.alloc(16, 'z'));
    expect(r.start).toBeGreaterThan(16);
    expect(slice.toString()).toBe('efgh');
  });

  it('refuses offsets that it does not hold', () => {
    const r = ring();
    r.append(Buffer.alloc(200, 'x'));
    expect(() => r.slice(0, 1)).toThrow(/outside of the ring/);
    expect(() => r.slice(201, 1)).toThrow(/outside of the ring/);
  });

  it('begins a replay at a line, or at the very beginning', () => {
    const r = ring(1000, 16);
    r.append(Buffer.from('first line\nsecond line\nthird'));
    expect(r.tail(1000)).toBe(0);
    expect(r.tail(10)).toBe(23);
    expect(r.tail(3)).toBe(r.head - 3);
    expect(r.tail(0)).toBe(r.head);
  });

  it('tells sizes at their offsets, the last one of several at the same', () => {
    const r = ring(1000, 16);
    r.append(Buffer.from('abc'));
    r.mark(100, 30);
    r.mark(120, 40);
    r.append(Buffer.from('def'));
    r.mark(90, 20);
    expect(r.sizeAt(2)).toMatchObject(SIZE);
    expect(r.sizeAt(3)).toMatchObject({ cols: 120, rows: 40 });
    const first = r.markAfter(0);
    expect(first).toMatchObject({ offset: 3, cols: 120 });
    expect(r.markAfter(first!.number)).toMatchObject({ offset: 6, cols: 90 });
  });

  it('keeps the size in force when its mark leaves with its page', () => {
    const r = ring();
    r.append(Buffer.from('abc'));
    r.mark(120, 40);
    r.append(Buffer.alloc(500, 'x'));
    expect(r.sizeAt(r.start)).toMatchObject({ cols: 120, rows: 40 });
    expect(r.markAfter(0)).toBeUndefined();
  });

  it('does not grow with resizes', () => {
    const r = ring(10_000, 1000);
    for (let i = 0; i < 5000; i++) {
      r.append(Buffer.from('x'));
      r.mark(10 + (i % 100), 24);
    }
    let marks = 0;
    for (let m = r.markAfter(0); m; m = r.markAfter(m.number)) marks++;
    expect(marks).toBeLessThanOrEqual(512);
    expect(r.sizeAt(r.head).cols).toBe(10 + (4999 % 100));
  });
});
