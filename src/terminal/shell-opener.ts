import { AppError } from '../common/errors/app-error.js';
import { kernelName } from '../common/ids.js';
import type { HostDriver } from '../drivers/host-driver.js';
import type { SandboxDirectory } from '../sandbox/live-sandbox.js';
import { spawnPty } from './pty/node-pty.js';
import type { Pty } from './pty/pty.js';
import { SHELL_ARGV, SHELL_ENV } from './shell.js';
import type { Size } from './sizing.js';
import type { PodTarget } from './terminal.schema.js';

export type TargetKind = 'labhost' | 'local';

export interface ShellTarget {
  kind: TargetKind;
  /** The learner's own kubectl, run inside the lab host with the learner's rights. */
  pod?: PodTarget | undefined;
}

const OPEN_TIMEOUT_MS = 10_000;

/** Starts the command of a terminal: a login shell, or kubectl into a pod. Names are arguments, never shell text. */
export function openShell(
  deps: { driver: HostDriver; directory: SandboxDirectory },
  o: { sandboxId: string; target: ShellTarget; size: Size; env?: Record<string, string> },
): Promise<Pty> {
  const { sandboxId, target, size } = o;
  const argv = target.pod ? kubectl(target.pod) : [...SHELL_ARGV];
  const spec = { argv, env: { ...o.env, ...SHELL_ENV }, ...size };
  if (target.kind === 'local') return Promise.resolve(spawnPty({ ...spec, cwd: '/' }));
  // Looked up anew: the shell may start long after the terminal was made.
  const sandbox = deps.directory.find(sandboxId);
  if (!sandbox) throw new AppError('sandbox_not_ready', 'The sandbox has ended.');
  return deps.driver.openPty(kernelName(sandboxId), sandbox.attempt, spec, {
    signal: AbortSignal.timeout(OPEN_TIMEOUT_MS),
    deadline: Date.now() + OPEN_TIMEOUT_MS,
  });
}

function kubectl({ namespace, name, container }: PodTarget): string[] {
  const which = container === undefined ? [] : [`--container=${container}`];
  // Through a login shell for its PATH and KUBECONFIG; the names come in as its arguments.
  const run = 'exec kubectl exec -it "$@" -- sh -c "exec bash 2>/dev/null || exec sh"';
  return ['/bin/bash', '-lc', run, 'kubectl', `--namespace=${namespace}`, ...which, `pod/${name}`];
}
