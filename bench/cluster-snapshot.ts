import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../src/linux/exec/command.js';
import { tableName } from '../src/linux/fence/elements.js';

/** What clusters of one installation leave on a machine, as sorted lists; all empty when nothing is left. */
export interface ClusterSnapshot {
  containers: string[];
  networks: string[];
  /** Volumes that no container uses, of the whole engine. */
  volumes: string[];
  mounts: string[];
  folders: string[];
  links: string[];
  fences: string[];
  /** Programs at work on clusters of this installation. */
  programs: string[];
}

const lines = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .toSorted();

async function docker(...args: string[]): Promise<string[]> {
  return lines((await runCommand({ argv: ['docker', ...args], timeoutMs: 30_000 })).stdout);
}

function foldersOf(stateDir: string): string[] {
  try {
    return readdirSync(path.join(stateDir, 'clusters')).filter((name) => name.startsWith('wh-'));
  } catch {
    return [];
  }
}

function linksOf(names: readonly string[]): string[] {
  const marks = names.map((id) => id.slice(3));
  return readdirSync('/sys/class/net').filter((link) => marks.some((mark) => link.includes(mark)));
}

async function fencesOf(installId: string): Promise<string[]> {
  const argv = ['nft', 'list', 'ruleset'];
  const { stdout } = await runCommand({ argv, timeoutMs: 10_000, maxOutput: 8 << 20 });
  const table = tableName(installId);
  // A table without an element fences nothing.
  const inside = stdout.split(/^(?=table )/m).filter((text) => text.split(' ')[2] === table);
  return inside.flatMap((text) => [...text.matchAll(/"wh[bv][a-z0-9]+"/g)].map((m) => m[0]));
}

function programsOf(stateDir: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return line.startsWith('kind ') && line.includes(stateDir) ? [`${pid} ${line}`] : [];
    } catch {
      return [];
    }
  });
}

/** `sandboxes` = ids that this installation ever had, such as `sb_k3f9x2m7qa`. */
export async function clusterSnapshot(o: {
  stateDir: string;
  installId: string;
  sandboxes: readonly string[];
}): Promise<ClusterSnapshot> {
  const ours = (name: string): boolean => o.sandboxes.some((id) => name.includes(id.slice(3)));
  const [containers, networks, volumes, fences] = await Promise.all([
    docker('ps', '--all', '--format', '{{.Names}}'),
    docker('network', 'ls', '--format', '{{.Name}}'),
    docker('volume', 'ls', '--filter', 'dangling=true', '--quiet'),
    fencesOf(o.installId),
  ]);
  const mounts = lines(readFileSync('/proc/self/mountinfo', 'utf8')).filter((line) =>
    line.split(' ')[4]?.startsWith(path.join(o.stateDir, 'clusters')),
  );
  return {
    containers: containers.filter(ours),
    networks: networks.filter(ours),
    volumes,
    mounts,
    folders: foldersOf(o.stateDir),
    links: linksOf(o.sandboxes),
    fences,
    programs: programsOf(o.stateDir),
  };
}
