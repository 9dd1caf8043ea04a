import { readFileSync } from 'node:fs';

/**
 * Cgroup of a container below each hierarchy. Read from the kernel, since it depends on the engine's cgroup driver; the
 * node's own systemd has moved process 1 further down.
 */
export function nodeCgroup(id: string, initPid: number): string {
  const fallback = `/docker/${id}`;
  if (initPid === 0) return fallback;
  try {
    const found = new RegExp(`:(/(?:[^\\n]*/)?(?:docker-)?${id}(?:\\.scope)?)(?:/|$)`, 'm').exec(
      readFileSync(`/proc/${initPid}/cgroup`, 'utf8'),
    );
    return found?.[1] ?? fallback;
  } catch {
    return fallback;
  }
}
