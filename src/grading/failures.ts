import type { Run } from './run.js';

/** What is wrong with each objective that is being worked on, without what was observed. */
export function failuresOf(run: Run): { objective: string; path: string; kind: string }[] {
  return run.lab.objectives.flatMap(({ spec: { id } }) => {
    const { failure } = run.of(id);
    return failure ? [{ objective: id, path: failure.path, kind: failure.kind }] : [];
  });
}
