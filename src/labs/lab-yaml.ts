import { isMap, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml';
import type { z } from 'zod';

/** Something wrong in a lab, in words that say what to do, and where. */
export interface LabProblem {
  file: string;
  line?: number;
  column?: number;
  /** `objectives[2].assert`. */
  path: string;
  message: string;
  /** Only on findings of lint rules. */
  rule?: string;
  objective?: string;
  level: 'error' | 'warning';
}

const MAX_NODES = 20_000;
const MAX_TEXT = 256 * 1024;
const MAX_COMPLAINTS = 20;
const TOO_DEEP = 'is nested too deeply; write it flatter';

export interface YamlSource {
  value: unknown;
  at(path: readonly PropertyKey[]): { line: number; column: number } | undefined;
}

/** YAML without tags, anchors and aliases: what a lab says must be readable where it stands, and bombs need aliases. */
export function parseYaml(file: string, text: string): { source?: YamlSource; problems: LabProblem[] } {
  const refuse = (message: string): { problems: LabProblem[] } => ({
    problems: [{ file, line: 1, column: 1, path: '', message, level: 'error' }],
  });
  if (text.length > MAX_TEXT)
    return refuse(
      `has ${text.length} characters, at most ${MAX_TEXT}; long texts belong into the instructions`,
    );
  try {
    return parse(file, text);
  } catch (error) {
    // The parser calls itself for what is nested.
    if (!(error instanceof RangeError)) throw error;
    return refuse(TOO_DEEP);
  }
}

function parse(file: string, text: string): { source?: YamlSource; problems: LabProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    version: '1.2',
    schema: 'core',
  });
  const problems: LabProblem[] = [];
  const report = (offset: number, message: string): void => {
    const { line, col } = lines.linePos(offset);
    problems.push({ file, line, column: col, path: '', message, level: 'error' });
  };
  const said = [...document.errors, ...document.warnings];
  if (said.some(({ code }) => code === 'RESOURCE_EXHAUSTION')) throw new RangeError(TOO_DEEP);
  // One mistake may be hundreds of complaints.
  for (const error of said.slice(0, MAX_COMPLAINTS))
    report(error.pos[0], complaint(error.code, error.message));
  let nodes = 0;
  visit(document, (_, node) => {
    if (++nodes === MAX_NODES) report(0, `has more than ${MAX_NODES} nodes; split the lab`);
    if (nodes >= MAX_NODES) return visit.BREAK;
    const inner = node as {
      type?: string;
      tag?: string;
      anchor?: string;
      range?: [number, number, number];
    } | null;
    const offset = inner?.range?.[0] ?? 0;
    if (inner?.anchor !== undefined)
      report(offset, 'anchors and aliases are not allowed; write the value out');
    if (inner?.tag !== undefined && !inner.tag.startsWith('tag:yaml.org,2002:'))
      report(offset, `the tag ${inner.tag} is not allowed`);
    return undefined;
  });
  if (problems.length > 0) return { problems };
  return {
    problems,
    source: { value: document.toJS({ maxAliasCount: 0 }), at: (path) => position(document, lines, path) },
  };
}

/** The parser's words, without the place, which stands in front already, and with what to do where it does not say. */
function complaint(code: string, message: string): string {
  const said = message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '');
  return `${said}; ${REMEDIES[code] ?? 'correct the YAML here, or just above'}`;
}

const REMEDIES: Record<string, string> = {
  DUPLICATE_KEY: 'remove one of the two, or rename it',
  TAB_AS_INDENT: 'indent with spaces',
  MULTILINE_IMPLICIT_KEY: 'put the text in quotes, or on one line',
  BAD_INDENT: 'align it with its neighbours, or close the bracket above',
  BLOCK_AS_IMPLICIT_KEY: 'put the text in quotes: a colon and a space begin a value',
  MISSING_CHAR: 'close the bracket or the quote',
  TAG_RESOLVE_FAILED: 'remove the tag',
};

/** The node of the path, or its nearest parent: a missing key is reported where it should stand. */
function position(document: Document, lines: LineCounter, path: readonly PropertyKey[]) {
  for (let length = path.length; length >= 0; length--) {
    const offset = offsetOf(document, path.slice(0, length) as (string | number)[]);
    if (offset === undefined) continue;
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  }
  return undefined;
}

function offsetOf(document: Document, path: (string | number)[]): number | undefined {
  const parent = path.length > 0 ? document.getIn(path.slice(0, -1), true) : undefined;
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === path.at(-1));
    if (pair && isScalar(pair.key)) return pair.key.range?.[0];
  }
  const node = document.getIn(path, true) as { range?: [number, number, number] } | undefined;
  return node?.range?.[0];
}

export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : `${text}${text === '' ? '' : '.'}${String(part)}`,
    '',
  );
}

/** zod's complaints, with the line they come from. */
export function issuesToProblems(
  file: string,
  issues: readonly z.core.$ZodIssue[],
  source: YamlSource,
): LabProblem[] {
  return issues.flatMap((issue) => {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [undefined];
    return unknown.map((key) => {
      const path = key === undefined ? issue.path : [...issue.path, key];
      const message =
        key === undefined ? wording(issue) : `unknown key "${key}"; remove it or correct its spelling`;
      return { file, ...source.at(path), path: pathText(path), message, level: 'error' as const };
    });
  });
}

/** zod's words, with what to do where they only say what was found. */
function wording(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
    return `is missing; write a ${issue.expected} here`;
  if (issue.code === 'too_big' && issue.origin === 'string')
    return `is longer than ${Number(issue.maximum)} characters; shorten it`;
  return issue.message;
}
