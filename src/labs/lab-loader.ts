import { digestOf, strayNames, type LabFiles } from './lab-folder.js';
import { lintLab } from './lab-lint.js';
import { labSpecSchema, type LabSpec } from './lab-spec.js';
import { issuesToProblems, parseYaml, type LabProblem } from './lab-yaml.js';

/** `errors` alone keep a lab from being used; warnings are for its author. */
export type LoadedLab =
  | { ok: true; spec: LabSpec; raw: unknown; digest: string; files: LabFiles; problems: LabProblem[] }
  | { ok: false; problems: LabProblem[] };

/** Files of one lab folder -> a checked lab, or every reason why not. Never throws on bad content. */
export function loadLab(slug: string, files: LabFiles): LoadedLab {
  const stray = strayNames(files);
  if (stray.length > 0) return { ok: false, problems: stray };
  const text = files['lab.yaml'];
  if (text === undefined) {
    return {
      ok: false,
      problems: [
        { file: 'lab.yaml', path: '', message: 'is missing; a lab is described in lab.yaml', level: 'error' },
      ],
    };
  }
  const { source, problems } = parseYaml('lab.yaml', text);
  if (!source) return { ok: false, problems };
  const parsed = labSpecSchema.safeParse(source.value);
  if (!parsed.success)
    return { ok: false, problems: issuesToProblems('lab.yaml', parsed.error.issues, source) };
  const found = lintLab({ slug, spec: parsed.data, files, source });
  if (found.some((p) => p.level === 'error')) return { ok: false, problems: found };
  return { ok: true, spec: parsed.data, raw: source.value, digest: digestOf(files), files, problems: found };
}
