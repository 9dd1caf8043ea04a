import fc from 'fast-check';
import { encode, MAX_LINE_BYTES, OPS, RequestLine, type Incoming } from './protocol.js';

function read(...chunks: (string | Buffer)[]): Incoming | undefined {
  const line = new RequestLine();
  for (const chunk of chunks) {
    const incoming = line.push(Buffer.from(chunk));
    if (incoming) return incoming;
  }
  return undefined;
}

describe('the request of a minikube command', () => {
  it('is one of four operations', () => {
    for (const op of OPS) expect(read(`{"op":"${op}"}\n`)).toEqual({ op });
  });

  it('is the same however its bytes are split', () => {
    const bytes = Buffer.from('{"op":"start"}\n');
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 5 }), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
        expect(read(...pieces)).toEqual({ op: 'start' });
      }),
    );
  });

  it('waits for the end of the line and ignores what follows it', () => {
    expect(read('{"op":"stop"}')).toBeUndefined();
    expect(read('{"op":"stop"}\n{"op":"delete"}\n')).toEqual({ op: 'stop' });
    expect(read(`{"op":"stop"}\n${'x'.repeat(1 << 20)}`)).toEqual({ op: 'stop' });
  });

  it('is refused with a reason when it is anything else', () => {
    const code = (text: string) => {
      const incoming = read(text);
      return incoming && 'problem' in incoming ? incoming.problem.code : incoming;
    };
    expect(code('{"op":"exec"}\n')).toBe('unknown_op');
    expect(code('{"op":"__proto__"}\n')).toBe('unknown_op');
    expect(code('{}\n')).toBe('unknown_op');
    expect(code('{"op":"start","image":"evil"}\n')).toBe('bad_request');
    expect(code('"start"\n')).toBe('bad_request');
    expect(code('null\n')).toBe('bad_request');
    expect(code('start\n')).toBe('bad_request');
    expect(code('\n')).toBe('bad_request');
    expect(code('\xff\xfe\n')).toBe('bad_request');
  });

  it('is refused as soon as it is too long, with or without an end', () => {
    const tooLong = {
      problem: { code: 'bad_request', detail: expect.stringContaining(String(MAX_LINE_BYTES)) },
    };
    expect(read('x'.repeat(1 << 20))).toEqual(tooLong);
    expect(read(...Array<string>(MAX_LINE_BYTES + 1).fill('x'))).toEqual(tooLong);
    expect(read('x'.repeat(MAX_LINE_BYTES))).toBeUndefined();
    expect(read(`${'x'.repeat(MAX_LINE_BYTES + 1)}\n`)).toEqual(tooLong);
  });

  it('is answered in lines, whatever a text holds', () => {
    expect(encode({ progress: 'a\nb\u0000' }).match(/\n/g)).toHaveLength(1);
  });
});
