import { assertConsistent, clamp, COLS } from './limits.js';

describe('the limits', () => {
  it('refuse a ring that cannot hold a window and the reserve of a lost driver', () => {
    expect(() => assertConsistent(1024 * 1024)).not.toThrow();
    expect(() => assertConsistent(383 * 1024)).toThrow(
      /WHEELHOUSE_PTY_RING is 392192 bytes.*at least 384 KiB/,
    );
  });

  it('bring any number into the range', () => {
    expect([clamp(-5, COLS), clamp(80.9, COLS), clamp(1e9, COLS)]).toEqual([2, 80, 1000]);
  });
});
