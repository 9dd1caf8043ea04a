import { walkAssert, type Assert } from '../../grading/assert.js';
import { traitsOf } from '../../grading/probes/traits.js';
import type { PreparedLab, PreparedObjective } from '../prepared-lab.js';

/** Whether a file of the learner's is compared, in one expression, with something that they cannot write. */
export function comparesNote(lab: PreparedLab, assert: Assert | undefined): boolean {
  let compares = false;
  if (!assert) return false;
  walkAssert(assert, (node) => {
    if (!('cel' in node)) return;
    const { reads, past } = lab.compile(node.cel);
    const trusts = reads.map((name) => traitsOf(lab.calls[name]!).trust);
    const another = trusts.some((trust) => trust !== 'tenant') || readsSandbox(node.cel) || past.length > 0;
    compares ||= reads.some((name) => isNote(lab, name)) && another;
  });
  return compares;
}

/** The note that an objective reads beside facts, but compares with none of them; any content of it would do as well. */
export function looseNote(lab: PreparedLab, { assert, assertReads }: NoteReader): string | undefined {
  const note = assertReads.find((name) => isNote(lab, name));
  const alone = assertReads.every((name) => traitsOf(lab.calls[name]!).trust === 'tenant');
  return note === undefined || alone || comparesNote(lab, assert) ? undefined : note;
}

export interface NoteReader extends Pick<PreparedObjective, 'assert'> {
  assertReads: string[];
}

const isNote = (lab: PreparedLab, name: string): boolean => lab.calls[name]!.probe === 'host.file';

/** Facts of the platform; no observation may be named so. */
const readsSandbox = (source: string): boolean => /\bsandbox\s*[.[]/.test(source);
