import { toText, toV2 } from './cast-convert.js';

const HEAD =
  '{"version":3,"term":{"cols":90,"rows":20,"type":"xterm-256color"},"timestamp":7,"title":"t","command":"c"}';

async function* lines(...all: string[]): AsyncGenerator<string> {
  for (const line of [HEAD, ...all]) yield await Promise.resolve(line);
}

async function whole(parts: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const part of parts) text += part;
  return text;
}

describe('a recording as version 2', () => {
  it('has absolute times, no exit and no comments, and ends before a torn line', async () => {
    const text = await whole(
      toV2(
        lines(
          '# note',
          '[0.1, "o", "a"]',
          '[0.2, "r", "10x5"]',
          '[0.3, "m", "x"]',
          '[1, "x", "0"]',
          '[0.5, "o',
        ),
      ),
    );
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      {
        version: 2,
        width: 90,
        height: 20,
        timestamp: 7,
        title: 't',
        command: 'c',
        env: { TERM: 'xterm-256color' },
      },
      [0.1, 'o', 'a'],
      [0.3, 'r', '10x5'],
      [0.6, 'm', 'x'],
    ]);
  });
});

describe('a recording as text', () => {
  it('has neither escape sequences, however they are cut, nor carriage returns', async () => {
    const output =
      '\u001b]0;title\u0007\u001b[1;31mred\u001b[0m\u001b(B and\u001bP1$r\u001b\\ plain\u0007\r\nnext\r\n';
    for (let cut = 0; cut <= output.length; cut++) {
      const parts = [output.slice(0, cut), output.slice(cut)].map(
        (part) => `[0, "o", ${JSON.stringify(part)}]`,
      );
      expect(await whole(toText(lines(...parts)))).toBe('red and plain\nnext\n');
    }
  });
});
