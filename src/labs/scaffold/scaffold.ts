import { LOCALES, type Locale } from '../text-spec.js';
import type { LabFiles } from '../lab-folder.js';
import { kubernetesTemplate } from './kubernetes.js';
import { networkTemplate } from './network.js';
import type { Template } from './template.js';

const TEMPLATES: Record<string, Template> = { network: networkTemplate, kubernetes: kubernetesTemplate };

/** What was asked for cannot be made. */
export class ScaffoldError extends Error {}

/** A new lab that is sound, and that its own solution passes. Throws ScaffoldError. */
export function scaffoldLab(o: {
  id: string;
  kind: string;
  locales: readonly string[];
  /** Where editors find the schema, from the folder of the lab. */
  schema?: string | undefined;
}): LabFiles {
  if (!/^[a-z][a-z0-9-]{2,47}$/.test(o.id)) {
    throw new ScaffoldError(
      `"${o.id}" cannot be the name of a lab: use 3 to 48 of a-z, 0-9 and -, a letter first`,
    );
  }
  const template = Object.hasOwn(TEMPLATES, o.kind) ? TEMPLATES[o.kind] : undefined;
  if (!template)
    throw new ScaffoldError(`no such kind: ${o.kind}. There are: ${Object.keys(TEMPLATES).join(', ')}`);
  const schemaLine = o.schema === undefined ? '' : `# yaml-language-server: $schema=${o.schema}\n`;
  return template({ id: o.id, locales: localesOf(o.locales), schemaLine });
}

/** Throws ScaffoldError for those that labs cannot have, and for none at all. */
export function localesOf(names: readonly string[]): Locale[] {
  const unknown = names.filter((name) => !(LOCALES as readonly string[]).includes(name));
  if (unknown.length > 0 || names.length === 0)
    throw new ScaffoldError(`no such locale: ${unknown.join(', ')}. There are: ${LOCALES.join(', ')}`);
  return [...new Set(names)] as Locale[];
}
