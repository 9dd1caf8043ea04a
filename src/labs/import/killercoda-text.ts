/** Marks behind code that its player makes clickable: {{exec}}, {{execute HOST1}}, {{copy}}, {{exec interrupt}}. */
const MARK = /\{\{(exec|execute|copy)\b[^}\n]*\}\}/g;
const FENCE = /^([ \t]*)(```+)[^\n`]*\n([\s\S]*?)\n[ \t]*\2[ \t]*(\{\{[^}\n]*\}\})?/gm;
const INLINE = /`([^`\n]+)`[ \t]*(\{\{(?:exec|execute)\b[^}\n]*\}\})/g;

/** The markdown as it is, without the marks. */
export function withoutMarks(text: string): string {
  return text.replace(MARK, '');
}

/** What else stands in double braces: links to ports, variables of the player. */
export function otherMarks(text: string): string[] {
  return [...new Set(withoutMarks(text).match(/\{\{[^}\n]{1,80}\}\}/g) ?? [])];
}

/** The commands of a page that its player would have typed, in their order. */
export function typedCommands(text: string): string[] {
  const found: { at: number; lines: string[] }[] = [];
  const blank = text.replace(
    FENCE,
    (block, _indent, _fence, body: string, mark: string | undefined, at: number) => {
      if (mark?.startsWith('{{exec')) found.push({ at, lines: body.split('\n') });
      return ' '.repeat(block.length);
    },
  );
  for (const { 1: command, index } of blank.matchAll(INLINE)) found.push({ at: index, lines: [command!] });
  return found
    .toSorted((a, b) => a.at - b.at)
    .flatMap(({ lines }) => lines.map((line) => line.trimEnd()))
    .filter((line) => line.trim() !== '');
}
