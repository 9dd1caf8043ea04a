import type { Path } from './assert-paths.js';
import { problem, type Finding } from './finding.js';

const UNWRITTEN = /^\s*unwritten\(\s*(?:'([^']*)'|"([^"]*)")?\s*\)\s*$/;

/** `unwritten('step1/verify.sh')`: where an importer left an assertion to the author. No lab with one is sound. */
export function isUnwritten(source: string): boolean {
  return UNWRITTEN.test(source);
}

export function unwrittenFinding(source: string, path: Path): Finding {
  const found = UNWRITTEN.exec(source);
  const of = found?.[1] ?? found?.[2];
  const text = `is still to be written${of === undefined ? '' : `, from ${of}`}: say here what must be observed`;
  return problem('unwritten', path, text);
}
