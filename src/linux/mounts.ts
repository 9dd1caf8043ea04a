import { readFileSync } from 'node:fs';
import { runCommand } from './exec/command.js';

const MOUNT_MS = 10_000;

export interface MountEntry {
  target: string;
  options: string[];
}

/** mountinfo writes space, tab, newline and backslash as octal escapes. */
function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

/** Mounts of this process's mount namespace, oldest first. */
export function readMounts(file = '/proc/self/mountinfo'): MountEntry[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const fields = line.split(' ');
      return { target: unescape(fields[4] ?? ''), options: (fields[5] ?? '').split(',') };
    });
}

export interface ReadOnlyView {
  source: string;
  target: string;
  /** True where device nodes below must open. */
  devices: boolean;
}

/**
 * Shows `source` at `target`, read-only and nosuid. The flags belong to a mount made by the machine's own root, so a
 * user namespace that gets a copy of it cannot lift them. Called again it finds its own work, whole or half-made, and
 * never stacks a second mount.
 */
export async function ensureReadOnlyView(view: ReadOnlyView): Promise<void> {
  const wanted = view.devices ? ['ro', 'nosuid'] : ['ro', 'nosuid', 'nodev'];
  const present = readMounts().find((mount) => mount.target === view.target);
  if (present && wanted.every((option) => present.options.includes(option))) return;
  if (!present) {
    await runCommand({
      argv: ['mount', '--bind', '--make-private', view.source, view.target],
      timeoutMs: MOUNT_MS,
    });
  }
  await runCommand({
    argv: ['mount', '-o', ['remount', 'bind', ...wanted].join(','), view.target],
    timeoutMs: MOUNT_MS,
  });
}

/** Takes every mount at or below `folder` away, the newest first. */
export async function unmountBelow(folder: string): Promise<void> {
  const targets = readMounts()
    .map((mount) => mount.target)
    .filter((target) => target === folder || target.startsWith(`${folder}/`))
    .toReversed();
  for (const target of targets) await runCommand({ argv: ['umount', target], timeoutMs: MOUNT_MS });
}
