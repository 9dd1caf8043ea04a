import { labValues } from '../params.js';
import { setupObjects } from '../setup-manifests.js';
import { problem, type Finding, type LintInput } from './finding.js';

/** Set-up files are there, are manifests, and name known values only. */
export function setupFindings({ spec, files }: LintInput): Finding[] {
  const findings: Finding[] = [];
  const values = labValues(spec);
  spec.setup.forEach(({ manifest }, i) => {
    const text = files[manifest];
    if (text === undefined) {
      findings.push(problem('setup', ['setup', i, 'manifest'], `${manifest} is missing from the folder`));
      return;
    }
    try {
      setupObjects(manifest, text, values);
    } catch (error) {
      findings.push({ ...problem('setup', [], (error as Error).message), file: manifest });
    }
  });
  if (spec.setup.length > 0 && !spec.sandbox.cluster) {
    findings.push(problem('setup', ['setup'], 'needs sandbox.cluster: manifests are applied to a cluster'));
  }
  if (spec.sandbox.cluster?.start === 'learner' && spec.preconditions.length > 0) {
    findings.push(
      problem(
        'setup',
        ['preconditions'],
        'cannot be seen while the cluster waits for the learner to start it',
      ),
    );
  }
  return findings;
}
