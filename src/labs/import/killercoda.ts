import { flow } from '../scaffold/template.js';
import type { LabFiles } from '../lab-folder.js';
import type { Locale } from '../text-spec.js';
import {
  asId,
  asItStands,
  distinctIds,
  shortened,
  type Imported,
  type ImportOptions,
  type LeftOut,
} from './imported.js';
import { readIndex, type ScenarioIndex, type ScenarioPage } from './killercoda-index.js';
import type { SourceFolder } from './source-folder.js';
import { otherMarks, typedCommands, withoutMarks } from './killercoda-text.js';

interface Step {
  id: string;
  title: string;
  text: string;
  verify: { file: string; text: string | undefined } | undefined;
}

const KNOWN = new Set(['title', 'description', 'time', 'details', 'backend']);

/**
 * A scenario folder as the skeleton of a lab: pages and commands are kept, and every step becomes an objective whose
 * assertion is still to be written, because a script that runs where the learner is root proves nothing. Throws ImportError.
 */
export function importKillercoda({ texts: files }: SourceFolder, o: ImportOptions): Imported {
  const { scenario, raw } = readIndex(files);
  const leftOut: LeftOut[] = [];
  const steps = stepsOf(scenario, files);
  const pages = [scenario.details.intro, ...scenario.details.steps, scenario.details.finish];
  for (const page of pages) if (page) leftOut.push(...leftOutOf(page, files));
  for (const { id, verify } of steps) {
    if (verify)
      leftOut.push({
        where: verify.file,
        what: `say in objective "${id}" what must be observed; the script is quoted there`,
      });
    else
      leftOut.push({
        where: 'index.json',
        what: `the step of "${id}" has no verify; say what must be observed, or remove the objective`,
      });
  }
  leftOut.push(...leftOutOfIndex(scenario, raw));
  return {
    leftOut,
    files: {
      'lab.yaml': labYaml(scenario, steps, o),
      [`instructions.${o.locale}.md`]: instructions(scenario, files, o.locale),
      'solution.sh': solution(steps),
    },
  };
}

function stepsOf({ details }: ScenarioIndex, files: LabFiles): Step[] {
  const titles = details.steps.map((step, i) => step.title ?? `Step ${i + 1}`);
  const ids = distinctIds(titles.map((title, i) => asId(title, `step-${i + 1}`)));
  return details.steps.map((step, i) => ({
    id: ids[i]!,
    title: titles[i]!,
    text: pageText(step, files),
    verify: step.verify === undefined ? undefined : { file: step.verify, text: files[step.verify] },
  }));
}

function pageText({ text }: ScenarioPage, files: LabFiles): string {
  if (text === undefined) return '';
  return files[text] ?? (text.includes('\n') || text.includes(' ') ? text : '');
}

function leftOutOf(page: ScenarioPage, files: LabFiles): LeftOut[] {
  const scripts = (['foreground', 'background'] as const).flatMap((kind) => {
    const file = page[kind];
    return file === undefined
      ? []
      : [
          {
            where: file,
            what: `a ${kind} script; what it prepares goes into setup/ as manifests, or into the instructions`,
          },
        ];
  });
  const absent =
    page.text !== undefined && pageText(page, files) === ''
      ? [{ where: page.text, what: 'is named by index.json, and is not in the folder or is empty' }]
      : [];
  const marks = otherMarks(pageText(page, files)).map((mark) => ({
    where: page.text ?? 'index.json',
    what: `${mark} means nothing here; write out what the learner should see or open`,
  }));
  return [...scripts, ...absent, ...marks];
}

function leftOutOfIndex({ details, backend }: ScenarioIndex, raw: Record<string, unknown>): LeftOut[] {
  const where = 'index.json';
  const found: LeftOut[] = [];
  const image = backend?.imageid;
  if (image !== undefined)
    found.push({
      where,
      what: `backend.imageid ${image}: became "${sandbox(image)}"; correct it where that is not enough`,
    });
  for (const { file, target } of Object.values(details.assets ?? {}).flat())
    found.push({
      where: `assets/${file}`,
      what: `a file for ${target ?? 'the machine'}; lab hosts come with the tools image alone`,
    });
  for (const key of Object.keys(raw).filter((name) => !KNOWN.has(name)))
    found.push({ where, what: `${key}: has no counterpart` });
  return found;
}

function sandbox(image: string | undefined): string {
  const nodes = /(\d)\s*node/.exec(image ?? '')?.[1];
  return image !== undefined && /kube|k3s/.test(image)
    ? `{ cluster: { nodes: ${Math.min(3, Number(nodes ?? 1))} }, requires: [kube.watch] }`
    : '{ host: {}, requires: [netns] }';
}

function minutes(time: string | undefined): string {
  const found = /(\d{1,3})\s*(h|m)?/i.exec(time ?? '');
  return found ? `${found[1]}${found[2]?.toLowerCase() === 'h' ? 'h' : 'm'}` : '45m';
}

function labYaml(scenario: ScenarioIndex, steps: readonly Step[], o: ImportOptions): string {
  const text = (sentence: string): string => {
    const put = asItStands(shortened(sentence));
    return flow({ fr: put, en: put }, [o.locale]);
  };
  const schemaLine = o.schema === undefined ? '' : `# yaml-language-server: $schema=${o.schema}\n`;
  const summary = scenario.description ? `summary: ${text(scenario.description)}\n` : '';
  return `${schemaLine}# Imported from a KillerCoda scenario. IMPORT.md lists what could not be translated; lint reports each assertion
# that is still to be written. docs/cookbook.md has an example of every probe and operator.
apiVersion: wheelhouse/v1
kind: Lab
id: ${o.id}
version: 1.0.0
title: ${text(scenario.title)}
${summary}locales: [${o.locale}]
duration: ${minutes(scenario.time)}
sandbox: ${sandbox(scenario.backend?.imageid)}

observe: {} # name here what the assertions look at

objectives:
${steps.map((step, i) => objective(step, steps[i - 1], text)).join('\n')}`;
}

const QUOTED_LINES = 40;

/** What would end a comment, or act on a terminal, is left out. */
function inComment(text: string): string {
  return text.replace(/[^\t\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufffd]/g, ' ');
}

function objective(
  { id, title, verify }: Step,
  before: Step | undefined,
  text: (t: string) => string,
): string {
  const script = (verify?.text ?? '').trimEnd().split('\n').slice(0, QUOTED_LINES).map(inComment);
  const quoted = script.filter((line) => line.trim() !== '').map((line) => `    #   ${line}\n`);
  const was = verify === undefined ? '' : `    # ${inComment(verify.file)} was:\n${quoted.join('')}`;
  return `  - id: ${id}
    title: ${text(title)}
    weight: 1
${before ? `    needs: [${before.id}] # steps followed each other; take this away where the order is free\n` : ''}${was}    assert: { cel: "unwritten('${(verify?.file ?? id).replace(/[^A-Za-z0-9._/-]/g, '_')}')" }
`;
}

function instructions({ title, details }: ScenarioIndex, files: LabFiles, locale: Locale): string {
  const part = (page: ScenarioPage | undefined, heading: string | undefined): string => {
    const body = page ? withoutMarks(pageText(page, files)).trim() : '';
    if (body === '') return '';
    return heading === undefined || /^#{1,2} /.test(body) ? body : `## ${heading}\n\n${body}`;
  };
  const step = locale === 'fr' ? 'Étape' : 'Step';
  const parts = [
    `# ${title}`,
    part(details.intro, undefined),
    ...details.steps.map((page, i) => part(page, page.title ?? `${step} ${i + 1}`)),
    part(details.finish, undefined),
  ];
  return `${asItStands(parts.filter((text) => text !== '').join('\n\n'))}\n`;
}

function solution(steps: readonly Step[]): string {
  const parts = steps.map(({ title, text }, i) =>
    [`# ${shortened(title)}`, ...typedCommands(text), `# expect: ${i + 1}`].join('\n'),
  );
  return `# The commands that the pages offered to type; complete them, so that each step earns its points.\n# expect: 0\n${parts.join('\n')}\n`;
}
