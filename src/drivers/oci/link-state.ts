import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

export interface InterfaceSeen {
  /** Empty where none was set. */
  alias: string;
  /** Name of the bridge it is joined to. */
  master: string | undefined;
  up: boolean;
}

const IFF_UP = 1;

function text(name: string, file: string): string {
  return readFileSync(`/sys/class/net/${name}/${file}`, 'utf8').trim();
}

/** An interface of the machine; undefined where there is none. By files, as a process would cost milliseconds. */
export function lookAtInterface(name: string): InterfaceSeen | undefined {
  try {
    const alias = text(name, 'ifalias');
    const up = (Number(text(name, 'flags')) & IFF_UP) !== 0;
    const master = `/sys/class/net/${name}/master`;
    return { alias, up, master: existsSync(master) ? path.basename(readlinkSync(master)) : undefined };
  } catch (error) {
    // ENODEV: it went between two looks.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENODEV') return undefined;
    throw error;
  }
}

export function isBridge(name: string): boolean {
  return existsSync(`/sys/class/net/${name}/bridge`);
}
