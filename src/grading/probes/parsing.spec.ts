import fc from 'fast-check';
import { exitOf } from '../../kube/exec.js';
import { KubeError } from '../../kube/kube-error.js';
import { podUidOf } from '../cluster/node-processes.js';
import { curlArgs, parseCurl } from './curl.js';
import { linesOf } from './kube-logs.js';

const MARK = '--0123456789abcdef';
const requests = [
  { target: 'a', address: '10.0.0.1:80' },
  { target: 'b', address: '10.0.0.2:80' },
];

describe('answers of curl', () => {
  it('are bodies with figures after each', () => {
    const text = `hello\n\n${MARK} 200 0 0.004000\n\n${MARK} 000 7 1.001000\n`;
    expect(parseCurl(text, { requests, mark: MARK, parse: 'text' })).toEqual([
      { target: 'a', status: 200, body: 'hello\n', tookMs: 4 },
      { target: 'b', status: null, body: '', tookMs: 1001, error: 'refused' },
    ]);
  });

  it('have data where JSON was asked for, null where it is none', () => {
    const text = `{"a":[1]}\n${MARK} 200 0 0.1\n{\n${MARK} 200 0 0.1\n`;
    expect(parseCurl(text, { requests, mark: MARK, parse: 'json' })).toMatchObject([
      { data: { a: [1] } },
      { data: null },
    ]);
  });

  it('gives a body that was cut off an answer of its own', () => {
    const text = `one\n${MARK} 200 0 0.1\n${'y'.repeat(9000)}`;
    const answers = parseCurl(text, { requests, mark: MARK, parse: 'text', truncated: true });
    expect(answers).toMatchObject([
      { status: 200, body: 'one' },
      { target: requests[1]!.target, status: null, body: 'y'.repeat(4096), error: 'too-large' },
    ]);
  });

  it('cannot be forged by a body, which does not know the mark, and show at most 4 KiB of it', () => {
    fc.assert(
      fc.property(fc.string(), (body) => {
        const text = `${body}\n${MARK} 200 0 0.1\n`;
        const [first, ...more] = parseCurl(text, { requests, mark: MARK, parse: 'text' }) as {
          body: string;
        }[];
        expect(first!.body).toBe(body);
        expect(more).toEqual([]);
      }),
    );
    const long = parseCurl(`${'x'.repeat(9000)}\n${MARK} 200 0 0.1\n`, {
      requests,
      mark: MARK,
      parse: 'text',
    });
    expect((long[0] as { body: string }).body).toHaveLength(4096);
  });

  it('come from a curl that follows nothing and reads no file', () => {
    const args = curlArgs(requests, '/x', MARK);
    expect(args[0]).toBe('-q');
    expect(args.filter((a) => a === '--next')).toHaveLength(1);
    expect(args.filter((a) => a === '--max-redirs')).toHaveLength(2);
    expect(args).not.toContain('--location');
    expect(args.at(-1)).toBe('http://10.0.0.2:80/x');
  });
});

describe('lines of a log', () => {
  const at = (seconds: number, text: string): string => `2026-01-01T00:00:0${seconds}.500000000Z ${text}\n`;
  const text = at(1, 'one') + at(2, 'two') + at(3, 'three');

  it('are given without the times of the runtime', () => {
    expect(linesOf(text, { since: undefined, tail: 10 })).toEqual({
      lines: ['one', 'two', 'three'],
      truncated: false,
    });
  });

  it('begin after the reference, whatever the lines say of time', () => {
    const forged = at(1, '2030-01-01T00:00:00Z forged') + at(3, '1999-01-01T00:00:00Z honest');
    const since = new Date('2026-01-01T00:00:02Z');
    expect(linesOf(forged, { since, tail: 10 }).lines).toEqual(['1999-01-01T00:00:00Z honest']);
  });

  it('are the last ones when there are more than asked for', () => {
    expect(linesOf(text, { since: undefined, tail: 2 })).toEqual({
      lines: ['two', 'three'],
      truncated: true,
    });
  });

  it('are cut at 2 KiB, and at 64 KiB together', () => {
    const wide = linesOf(at(1, 'x'.repeat(5000)), { since: undefined, tail: 10 });
    expect(wide.lines[0]).toHaveLength(2048);
    expect(wide.truncated).toBe(true);
    const many = Array.from({ length: 500 }, () => at(1, 'y'.repeat(2000))).join('');
    const all = linesOf(many, { since: undefined, tail: 500 });
    expect(all.lines.join('').length).toBeLessThanOrEqual(64 * 1024);
    expect(all.truncated).toBe(true);
  });

  it('are only those that the runtime wrote', () => {
    expect(linesOf('no time here\n\n', { since: undefined, tail: 10 }).lines).toEqual([]);
  });
});

describe('the status of a command in a container', () => {
  it.each([
    ['{"status":"Success"}', 0],
    ['{"status":"Failure","details":{"causes":[{"reason":"ExitCode","message":"42"}]}}', 42],
  ])('%s is %i', (text, exit) => {
    expect(exitOf(text)).toBe(exit);
  });

  it.each(['{', '{}', '{"status":"Failure","message":"no such program"}'])('%s is none', (text) => {
    expect(exitOf(text)).toBeInstanceOf(KubeError);
  });
});

describe("the pod of a node's cgroup", () => {
  it.each([
    [
      'kubelet-kubepods-besteffort-pod52b4e469_1081_4be2_8b02_3663f661d6f8.slice',
      '52b4e469-1081-4be2-8b02-3663f661d6f8',
    ],
    ['pod52b4e469-1081-4be2-8b02-3663f661d6f8', '52b4e469-1081-4be2-8b02-3663f661d6f8'],
    [
      'kubelet-kubepods-burstable-pod620bce0d570e3b6c1db28061481f2f37.slice',
      '620bce0d570e3b6c1db28061481f2f37',
    ],
    ['kubelet.service', null],
    ['kubelet-kubepods.slice', null],
    ['podman', null],
  ])('%s', (name, uid) => {
    expect(podUidOf(name)).toBe(uid);
  });
});
