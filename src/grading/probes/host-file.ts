import { closeSync, constants, fstatSync, openSync, readSync, statfsSync } from 'node:fs';
import { parse as parseYamlText } from 'yaml';
import type { HostHandle } from '../../linux/netns/host-handle.js';
import { insideId } from '../../linux/netns/inside-id.js';
import { openInside, RefusedPath } from '../../linux/netns/open-inside.js';
import { isDeeper, type Json } from '../json.js';
import { faulted, seen, type Observation } from '../observation.js';
import type { HostFileParams } from './file-params.js';
import { kubeconfigFacts } from './kubeconfig-facts.js';

/** Home of the learner, who is root in the lab host. */
const HOME = '/root';
/** File systems whose reads never wait for a process of the learner, unlike FUSE, and are no view of the kernel. */
const FILE_SYSTEMS = new Map([
  [0x01021994, 'tmpfs'],
  [0x794c7630, 'overlayfs'],
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
]);

/** One regular file of the lab host, nothing on the way followed; null when it is not there. */
export function hostFile(handle: HostHandle, params: HostFileParams): Observation {
  const path = params.path.startsWith('~/') ? `${HOME}/${params.path.slice(2)}` : params.path;
  const components = path.split('/').filter((part) => part !== '');
  try {
    return handle.withRoot((root) => {
      const { fd, stat } = openInside(root, components);
      try {
        if (!stat.isFile()) return faulted('tenant', 'refused', `${params.path} is no regular file`);
        const { type } = statfsSync(`/proc/self/fd/${fd}`);
        if (!FILE_SYSTEMS.has(type))
          return faulted('tenant', 'refused', `${params.path} lies on an unusual file system`);
        const size = Number(stat.size);
        if (size > params.maxBytes)
          return faulted('tenant', 'too-large', `${params.path} has more than ${params.maxBytes} bytes`);
        const text = readWhole(fd, params.maxBytes);
        const mode = (Number(stat.mode) & 0o7777).toString(8).padStart(4, '0');
        const owner = insideId(handle, Number(stat.uid));
        return seen({ size, mode, owner, ...content(text, params) });
      } finally {
        closeSync(fd);
      }
    });
  } catch (error) {
    if (!(error instanceof RefusedPath)) throw error;
    if (error.reason === 'absent' || error.reason === 'not a directory') return seen(null);
    return faulted('tenant', 'refused', `${params.path}: ${error.message}`);
  }
}

/** The same file that was looked at, opened for reading through its descriptor. */
function readWhole(fd: number, maxBytes: number): string {
  const readable = openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(readable).isFile()) return '';
    const buffer = Buffer.alloc(maxBytes);
    const length = readSync(readable, buffer, 0, maxBytes, 0);
    return buffer.toString('utf8', 0, length);
  } finally {
    closeSync(readable);
  }
}

function content(text: string, { parse }: HostFileParams): { text: Json } | { data: Json } {
  switch (parse) {
    case 'text':
      return { text: text.trim() };
    case 'json':
      return { data: attempt(() => JSON.parse(text) as Json) };
    case 'yaml':
      return { data: attempt(() => plainYaml(text)) };
    case 'kubeconfig':
      return { data: attempt(() => kubeconfigFacts(plainYaml(text))) };
  }
}

function attempt(read: () => Json): Json {
  try {
    const value = read();
    return isDeeper(value) ? null : value;
  } catch {
    // The learner's file is what it is.
    return null;
  }
}

function plainYaml(text: string): Json {
  return (parseYamlText(text, { schema: 'core', maxAliasCount: 0, logLevel: 'silent' }) as Json) ?? null;
}
