import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../src/linux/exec/command.js';
import type { BenchContext } from './harness.js';

const CREATE_MS = 300_000;

/** `kind create cluster --wait` as anyone types it, in a folder of its own; returns its ms and deletes the cluster. */
export async function plainKind(context: BenchContext, image: string | undefined): Promise<number> {
  const dir = mkdtempSync('/var/tmp/wheelhouse-kind-');
  const name = `wh-bench-${process.pid}`;
  const kubeconfig = path.join(dir, 'kubeconfig');
  const remove = async (): Promise<void> => {
    const argv = ['kind', 'delete', 'cluster', '--name', name, '--kubeconfig', kubeconfig];
    await runCommand({ argv, env: { HOME: dir }, timeoutMs: CREATE_MS });
  };
  context.defer(async () => {
    await remove();
    rmSync(dir, { recursive: true, force: true });
  });
  writeFileSync(kubeconfig, '');
  const argv = ['kind', 'create', 'cluster', '--name', name, '--kubeconfig', kubeconfig, '--wait', '180s'];
  const began = performance.now();
  await runCommand({
    argv: image === undefined ? argv : [...argv, '--image', image],
    env: { HOME: dir },
    timeoutMs: CREATE_MS,
  });
  const took = performance.now() - began;
  await remove();
  return took;
}
