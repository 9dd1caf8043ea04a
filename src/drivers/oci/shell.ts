import { readFileSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { spawnPty } from '../../terminal/pty/node-pty.js';
import type { Pty } from '../../terminal/pty/pty.js';
import type { PtySpec } from '../host-driver.js';
import { writeProcessSpec } from './bundle.js';
import type { Layout } from './layout.js';
import { processSpec } from './process-spec.js';
import type { Runtime } from './runtime.js';

let counter = 0;

/** Reads the pid that the runtime writes when the shell has started; once read, the file is of no more use. */
function pidReader(file: string): () => number | undefined {
  let pid: number | undefined;
  return () => {
    if (pid !== undefined) return pid;
    try {
      const text = readFileSync(file, 'utf8');
      if (!/^\d+$/.test(text)) return undefined;
      unlinkSync(file);
      pid = Number(text);
    } catch {
      // Not started yet.
    }
    return pid;
  };
}

/** A shell on a terminal of the container's own devpts. */
export async function openShell(runtime: Runtime, layout: Layout, name: string, spec: PtySpec): Promise<Pty> {
  const dir = layout.bundle(name);
  const { argv, env, cols, rows } = spec;
  const file = writeProcessSpec(dir, processSpec({ argv, env, terminal: true, size: { cols, rows } }));
  counter += 1;
  const pidFile = path.join(dir, `shell-${process.pid}-${counter}.pid`);
  return spawnPty({
    argv: runtime.argv('exec', '--tty', '--process', file, '--pid-file', pidFile, name),
    env: {},
    cols,
    rows,
    rawInput: true,
    leader: pidReader(pidFile),
    owns: (pid) => isIn(layout.cgroup(name), pid),
  });
}

function isIn(group: string, pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8')
      .split('\n')
      .some((line) => line.endsWith(`:${group}`));
  } catch {
    return false;
  }
}
