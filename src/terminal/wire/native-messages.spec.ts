import * as fc from 'fast-check';
import { parseText } from './native-messages.js';

const parse = (value: unknown) => parseText(Buffer.from(JSON.stringify(value)));

describe('a text frame', () => {
  it('is read as hello, with its defaults', () => {
    expect(parse({ t: 'hello', v: 1, cols: 80, rows: 24, extra: true })).toEqual({
      kind: 'hello',
      hello: { t: 'hello', v: 1, cols: 80, rows: 24, fc: true },
    });
  });

  it.each([
    { t: 'ack', seq: 5 },
    { t: 'resize', cols: 100, rows: 40 },
    { t: 'signal', sig: 'INT' },
    { t: 'replayed', seq: 0 },
    { t: 'ping', id: 3 },
    { t: 'hide' },
    { t: 'detach' },
  ])('is read as control: %j', (frame) => {
    expect(parse(frame)).toEqual({ kind: 'control', control: frame });
  });

  it.each([
    [{ t: 'ack', seq: -1 }, 'bad_message'],
    [{ t: 'ack', seq: 1.5 }, 'bad_message'],
    [{ t: 'resize', cols: null, rows: 1 }, 'bad_message'],
    [{ t: 'signal', sig: 'SEGV' }, 'bad_message'],
    [{ t: 'constructor' }, 'unknown_type'],
    [{ t: 7 }, 'unknown_type'],
    [{}, 'unknown_type'],
  ])('is answered when it is wrong: %j', (frame, code) => {
    expect(parse(frame)).toMatchObject({ kind: 'bad', code });
  });

  it.each(['[]', '5', 'null', '{', '', '{"t":"hello","v":2,"cols":1,"rows":1}'])(
    'ends the socket: %s',
    (text) => {
      expect(parseText(Buffer.from(text)).kind).toBe('violation');
    },
  );

  it('of any kind is judged without an exception, and never repeated in a message', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const parsed = parse({ t: 'resize', cols: 1, rows: 1, secret: value });
        expect(parsed.kind).toBe('control');
        expect(['hello', 'control', 'violation', 'bad']).toContain(parse(value).kind);
      }),
    );
    expect(JSON.stringify(parse({ t: '<script>' }))).not.toContain('script');
  });
});
