import { accessSync, constants } from 'node:fs';
import { CHILD_PATH } from '../../linux/exec/command-defaults.js';

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Paths of runtimes to try, the best first: `auto` means runc, then crun. Empty where there is none. */
export function runtimeCandidates(choice: string): string[] {
  if (choice.includes('/')) return isExecutable(choice) ? [choice] : [];
  const names = choice === 'auto' ? ['runc', 'crun'] : [choice];
  const folders = CHILD_PATH.split(':');
  return names.flatMap((name) =>
    folders
      .map((folder) => `${folder}/${name}`)
      .filter(isExecutable)
      .slice(0, 1),
  );
}
