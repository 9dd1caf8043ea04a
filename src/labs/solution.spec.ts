import { parseSolution, SolutionError } from './solution.js';

describe('a reference transcript', () => {
  it('is lines to type, points that are due, and a key', () => {
    const text = '# Notes.\n# expect: 0\nip netns add red\n\nping 10.0.0.2\n# press: ctrl-c\n# expect: 2.5\n';
    expect(parseSolution(text)).toEqual([
      { kind: 'expect', line: 2, points: 0 },
      { kind: 'type', line: 3, text: 'ip netns add red' },
      { kind: 'interrupt', line: 5, text: 'ping 10.0.0.2' },
      { kind: 'expect', line: 7, points: 2.5 },
    ]);
  });

  it.each([
    ['without any points', 'ls\n', 1, /states no points/],
    ['with points that are no number', 'ls\n# expect: all\n', 2, /write "# expect: N"/],
    ['with points misspelt', 'ls\n#expect 4\n', 2, /write "# expect: N"/],
    ['with a key that nobody can press', 'ls\n# press: ctrl-q\n', 2, /there is "# press: ctrl-c"/],
  ])('is refused %s, by its line', (_, text, line, message) => {
    expect(() => parseSolution(text)).toThrow(message);
    expect(() => parseSolution(text)).toThrow(SolutionError);
    expect(() => parseSolution(text)).toThrow(`solution.sh:${line}:`);
  });
});
