import { open, type FileHandle } from 'node:fs/promises';

/** Where lines go. Tests bring one that does not answer. */
export interface CastFile {
  append(text: string): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A new file that only grows, for the service's own account alone. */
export function castFile(path: string): CastFile {
  let handle: Promise<FileHandle> | undefined;
  const opened = (): Promise<FileHandle> => (handle ??= open(path, 'ax', 0o600));
  return {
    append: async (text) => (await opened()).appendFile(text),
    sync: async () => (await opened()).datasync(),
    close: async () => {
      const file = await handle;
      await file?.datasync();
      await file?.close();
    },
  };
}
