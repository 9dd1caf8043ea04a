import { stringify } from 'yaml';
import { parseCall } from '../../grading/probes/calls.js';
import type { Locale } from '../text-spec.js';
import { asItStands, shortened, type Imported, type ImportOptions, type LeftOut } from './imported.js';
import { ImportError } from './imported.js';
import { parseLabConf, type LabConf } from './kathara-conf.js';
import { goalFixtures } from './kathara-fixtures.js';
import { goalsOf, observed, type Goal } from './kathara-objectives.js';
import { WORDS } from './kathara-words.js';
import type { SourceFolder } from './source-folder.js';
import { topologyOf, type Machine, type Topology } from './topology.js';

/**
 * The topology of a Kathará lab as a lab whose own solution passes: machines become network namespaces, collision domains
 * bridges, and what start-up scripts say of addresses, routes and settings becomes objectives. Throws ImportError.
 */
export function importKathara({ texts, others }: SourceFolder, o: ImportOptions): Imported {
  const text = texts['lab.conf'];
  if (text === undefined)
    throw new ImportError('lab.conf is missing; name the folder of one lab, which holds it');
  const conf = parseLabConf(text);
  const startups = new Map(conf.machines.map(({ name }) => [name, texts[`${name}.startup`] ?? '']));
  const { topology, leftOut } = topologyOf(conf, startups);
  leftOut.push(...unreadSettings(topology), ...leftOutOf(conf, [...Object.keys(texts), ...others]));
  const goals = goalsOf(topology, o.locale);
  const observe = observations(goals);
  return {
    leftOut,
    files: {
      'lab.yaml': labYaml({ conf, goals, observe, o }),
      [`instructions.${o.locale}.md`]: instructions(conf, topology, o.locale),
      'solution.sh': solution(goals),
      ...goalFixtures(goals, Object.keys(observe)),
    },
  };
}

/** Takes settings out of the topology that no probe reads, or that stand alone on a machine without an address. */
function unreadSettings({ machines }: Topology): LeftOut[] {
  return machines.flatMap((machine: Machine) => {
    const readable = machine.sysctls.filter(
      ({ key }) =>
        machine.addrs.length > 0 &&
        'call' in parseCall({ 'netns.sysctl': { ns: machine.name, keys: [key] } }),
    );
    const unread = machine.sysctls.filter((setting) => !readable.includes(setting));
    machine.sysctls = readable;
    return unread.map(({ key }) => ({
      where: `${machine.name}.startup`,
      what: `${key} cannot be asserted by itself; assert what it brings about`,
    }));
  });
}

function leftOutOf(conf: LabConf, files: readonly string[]): LeftOut[] {
  const options = conf.options.map(({ machine, key, value, line }) => ({
    where: `lab.conf:${line}`,
    what: `${machine}[${key}]="${value}" has no counterpart: all machines share the tools image of the lab host`,
  }));
  const read = new Set(['lab.conf', ...conf.machines.map(({ name }) => `${name}.startup`)]);
  const unread = files
    .filter((file) => !read.has(file))
    .map((where) => ({
      where,
      what: 'say in the instructions what the learner should write',
    }));
  return [...options, ...unread];
}

function observations(goals: readonly Goal[]): Record<string, object> {
  const names = [...new Set(goals.flatMap(({ match }) => Object.keys(match)))];
  const probes = { l: 'netns.links', a: 'netns.addrs', r: 'netns.routes' } as const;
  return Object.fromEntries(
    names.map((name) => {
      if (name === 'ns') return [name, { 'netns.list': {} }];
      if (name === 'lm') return [name, { 'netns.links': { ns: 'main' } }];
      const kind = name[0] as 'l' | 'a' | 'r' | 's';
      const ns = name.slice(2);
      if (kind !== 's') return [name, { [probes[kind]]: { ns } }];
      const keys = goals.flatMap(({ match }) => Object.keys(match[observed('s', ns)] ?? {}));
      return [name, { 'netns.sysctl': { ns, keys } }];
    }),
  );
}

function labYaml(p: { conf: LabConf; goals: readonly Goal[]; observe: object; o: ImportOptions }): string {
  const { conf, goals, observe, o } = p;
  const put = (sentence: string): Record<string, string> => ({ [o.locale]: asItStands(shortened(sentence)) });
  const { NAME, DESCRIPTION } = conf.about;
  const lab = {
    apiVersion: 'wheelhouse/v1',
    kind: 'Lab',
    id: o.id,
    version: '1.0.0',
    title: put(NAME || WORDS[o.locale].title),
    ...(DESCRIPTION ? { summary: put(DESCRIPTION) } : {}),
    locales: [o.locale],
    duration: '60m',
    sandbox: { host: {}, requires: ['netns'] },
    observe,
    objectives: goals.map(({ id, title, needs, match }) => ({
      id,
      title: put(title),
      weight: 1,
      ...(needs.length === 0 ? {} : { needs }),
      assert: { match },
    })),
  };
  const schemaLine = o.schema === undefined ? '' : `# yaml-language-server: $schema=${o.schema}\n`;
  return `${schemaLine}# Imported from a Kathará lab. IMPORT.md lists what could not be translated.\n${stringify(lab, { lineWidth: 110 })}`;
}

function instructions(conf: LabConf, { domains, machines }: Topology, locale: Locale): string {
  const { title, intro, table, steps } = WORDS[locale];
  const rows = machines.flatMap((machine) =>
    domains.flatMap(({ name, bridge, ports }) =>
      ports
        .filter((port) => port.machine === machine.name)
        .map(({ ifname, outer }) => {
          const own = machine.addrs.filter(({ dev }) => dev === ifname);
          const addrs = own.map(({ local, prefixlen }) => `\`${local}/${prefixlen}\``).join(', ');
          return `| \`${machine.name}\` | \`${ifname}\` | ${name} (\`${bridge}\`, \`${outer}\`) | ${addrs} |`;
        }),
    ),
  );
  const about = conf.about['DESCRIPTION'] ? `${conf.about['DESCRIPTION']}\n\n` : '';
  const page = `# ${conf.about['NAME'] || title}\n\n${about}${intro}\n\n| ${table.join(' | ')} |\n|---|---|---|---|\n${rows.join('\n')}\n\n${steps}\n`;
  return asItStands(page);
}

function solution(goals: readonly Goal[]): string {
  const parts = goals.map(({ commands }, i) => [...commands, `# expect: ${i + 1}`].join('\n'));
  return `# What builds the network, with the points due on the way.\n# expect: 0\n${parts.join('\n')}\n`;
}
