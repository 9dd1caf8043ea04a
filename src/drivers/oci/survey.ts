import type { HostFound } from '../host-driver.js';
import { hasDroppedCapabilities } from './init-ready.js';
import type { Layout } from './layout.js';
import { parseHostName } from './names.js';
import { entries, isAlive, recordedInit } from './runtime-state.js';

/** What there is of one lab host, whole or half-made. */
export function lookAt(layout: Layout, name: string): HostFound | undefined {
  const parsed = parseHostName(name);
  if (!parsed) return undefined;
  try {
    const init = recordedInit(layout.runtimeRoot, name);
    if (!init) return { ...parsed, state: 'creating', initPid: 0 };
    if (!isAlive(init)) return { ...parsed, state: 'stopped', initPid: 0 };
    const ready = hasDroppedCapabilities(init.pid);
    return { ...parsed, state: ready ? 'running' : 'creating', initPid: init.pid };
  } catch {
    return { ...parsed, state: 'unknown', initPid: 0 };
  }
}

/**
 * Names of all lab hosts of this installation, or of one sandbox. A cgroup is made after the bundle and removed before
 * it, so none is missed.
 */
export function hostNames(layout: Layout, id?: string): string[] {
  const prefix = id === undefined ? 'wh-' : `wh-${id}-`;
  const names = [...entries(layout.runtimeRoot), ...entries(layout.hosts)].filter((name) =>
    name.startsWith(prefix),
  );
  return [...new Set(names)].filter((name) => parseHostName(name) !== undefined);
}

/** Lab hosts of this installation, or of one sandbox, the newest attempt first. */
export function survey(layout: Layout, id?: string): HostFound[] {
  return hostNames(layout, id)
    .map((name) => lookAt(layout, name))
    .filter((host) => host !== undefined)
    .toSorted((a, b) => b.attempt - a.attempt);
}
