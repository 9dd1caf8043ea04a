import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runCommand } from '../src/linux/exec/command.js';
import { cgroupFolders, processesIn } from '../src/linux/cgroup.js';

export interface UnitCost {
  /** Of a core, in percent. */
  cpuPercent: number;
  memMiB: number;
  pids: number;
  inotifyInstances: number;
}

/** Container ids of the nodes of an installation's clusters. */
async function nodes(kind: string): Promise<string[]> {
  const argv = ['docker', 'ps', '--no-trunc', '--quiet', '--filter', `label=io.x-k8s.kind.cluster=${kind}`];
  const { stdout } = await runCommand({ argv, timeoutMs: 10_000 });
  return stdout.split('\n').filter((line) => line !== '');
}

function readFirst(group: string, files: string[]): number {
  for (const folder of cgroupFolders(group)) {
    for (const file of files) {
      try {
        return Number(readFileSync(path.join(folder, file), 'utf8').trim().split('\n')[0]);
      } catch {
        // Not in this hierarchy.
      }
    }
  }
  throw new Error(`no ${files.join(' or ')} in any cgroup ${group}`);
}

/** Processor time so far, ms. */
function cpuMs(group: string): number {
  for (const folder of cgroupFolders(group)) {
    try {
      return Number(readFileSync(path.join(folder, 'cpuacct.usage'), 'utf8')) / 1e6;
    } catch {
      try {
        const usage = /^usage_usec (\d+)/m.exec(readFileSync(path.join(folder, 'cpu.stat'), 'utf8'))?.[1];
        if (usage !== undefined) return Number(usage) / 1e3;
      } catch {
        // Not in this hierarchy.
      }
    }
  }
  throw new Error(`no processor time in any cgroup ${group}`);
}

function inotifyOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fdinfo`).filter((fd) =>
      /^inotify/m.test(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')),
    ).length;
  } catch {
    return 0;
  }
}

/** What a cluster costs while nobody uses it, over `ms`. */
export async function unitCost(cluster: string, ms: number): Promise<UnitCost> {
  const groups = (await nodes(cluster)).map((id) => `/docker/${id}`);
  if (groups.length === 0) throw new Error(`no node of the cluster ${cluster} runs`);
  const sum = (of: (group: string) => number): number => groups.reduce((total, g) => total + of(g), 0);
  const before = sum(cpuMs);
  await pause(ms);
  const cpuPercent = ((sum(cpuMs) - before) / ms) * 100;
  const pids = groups.flatMap(processesIn);
  return {
    cpuPercent,
    memMiB: sum((g) => readFirst(g, ['memory.usage_in_bytes', 'memory.current'])) / 1024 ** 2,
    pids: sum((g) => readFirst(g, ['pids.current'])),
    inotifyInstances: pids.reduce((total, pid) => total + inotifyOf(pid), 0),
  };
}
