import { ImportError } from './imported.js';

/** An interface of a machine, `eth<n>`, in a collision domain. */
export interface ConfInterface {
  n: number;
  domain: string;
  mac: string | null;
  line: number;
}

export interface ConfMachine {
  name: string;
  interfaces: ConfInterface[];
}

export interface LabConf {
  /** LAB_NAME and its like, without their quotes. */
  about: Record<string, string>;
  machines: ConfMachine[];
  /** Options of machines, such as `pc1[image]="…"`. */
  options: { machine: string; key: string; value: string; line: number }[];
}

const ABOUT = /^LAB_([A-Z]+)\s*=\s*(.*)$/;
const ENTRY = /^([a-z0-9_]{1,30})\[([^\]]+)\]\s*=\s*(.*)$/;
const DOMAIN = /^([A-Za-z0-9_]{1,64})(?:\/((?:[0-9a-f]{2}:){5}[0-9a-f]{2}))?$/i;

/** lab.conf of Kathará: `pc1[0]="A"` puts eth0 of pc1 into the collision domain A. Throws ImportError. */
export function parseLabConf(text: string): LabConf {
  const conf: LabConf = { about: {}, machines: [], options: [] };
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const about = ABOUT.exec(line);
    const entry = ENTRY.exec(line);
    if (about) conf.about[about[1]!] = unquoted(about[2]!);
    else if (entry)
      addEntry(conf, {
        machine: entry[1]!,
        key: unquoted(entry[2]!),
        value: unquoted(entry[3]!),
        line: i + 1,
      });
    else
      throw new ImportError(
        `lab.conf:${i + 1}: "${line}" is not understood; lines are machine[interface]="DOMAIN" or machine[option]="value"`,
      );
  }
  if (conf.machines.length === 0)
    throw new ImportError(
      'lab.conf names no machine; name the folder of one lab, with lines such as pc1[0]="A"',
    );
  return conf;
}

function addEntry(conf: LabConf, entry: { machine: string; key: string; value: string; line: number }): void {
  const { machine: name, key, value, line } = entry;
  if (name === 'main')
    throw new ImportError(`lab.conf:${line}: main is the lab host itself; rename this machine`);
  let machine = conf.machines.find((m) => m.name === name);
  if (!machine) conf.machines.push((machine = { name, interfaces: [] }));
  if (!/^\d{1,3}$/.test(key)) {
    conf.options.push(entry);
    return;
  }
  const domain = DOMAIN.exec(value);
  if (!domain)
    throw new ImportError(`lab.conf:${line}: "${value}" is no collision domain; use letters, digits and _`);
  if (machine.interfaces.some(({ n }) => n === Number(key)))
    throw new ImportError(`lab.conf:${line}: ${name}[${key}] is given twice; remove one`);
  machine.interfaces.push({
    n: Number(key),
    domain: domain[1]!,
    mac: domain[2]?.toLowerCase() ?? null,
    line,
  });
}

function unquoted(text: string): string {
  return /^(["'])(.*)\1$/.exec(text.trim())?.[2] ?? text.trim();
}
