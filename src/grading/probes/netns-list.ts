import type { Json } from '../json.js';
import { seen, type Observation } from '../observation.js';
import type { Round } from './round.js';

/**
 * Named namespaces, sorted: `{name, inode, main, dup}`. What may not be entered has `refused` and null facts, so that
 * no pattern about a real namespace fits it.
 */
export async function netnsList(round: Round): Promise<Observation> {
  const { entries } = round.names();
  const { mainInode } = round.host.handle;
  const count = new Map<bigint, number>();
  for (const { inode } of entries) if (inode !== undefined) count.set(inode, (count.get(inode) ?? 0) + 1);
  const value = await Promise.all(
    entries.map(async ({ name, inode, refused }): Promise<Json> => {
      const why = refused ?? (await entryRefusal(round, name));
      if (why !== undefined || inode === undefined) {
        return { name, inode: null, main: null, dup: null, refused: why ?? 'unreadable' };
      }
      return { name, inode: Number(inode), main: inode === mainInode, dup: count.get(inode)! > 1 };
    }),
  );
  return seen(value);
}

/** Only the kernel knows whose namespace a handle is; so each one is entered. */
async function entryRefusal(round: Round, name: string): Promise<string | undefined> {
  if (name === 'main') return undefined;
  try {
    return (await round.table(name, 'link')) === undefined ? 'vanished' : undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? 'unreadable';
  }
}
