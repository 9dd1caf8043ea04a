import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import { openProcFolder, openRoot } from './open-inside.js';

/**
 * A lab host held by descriptors, so that a pid that is used again can never be taken for it: lookups through the
 * open /proc folder of a process that ended fail. Close it when the sandbox ends, or its namespaces stay alive.
 */
export class HostHandle {
  private open = true;

  private constructor(
    readonly initPid: number,
    /** O_PATH of /proc/<init>. */
    readonly proc: number,
    readonly userNs: number,
    readonly mainNetns: number,
    readonly mainInode: bigint,
  ) {}

  /** Throws when the process is gone, or when it shares our user namespace and so is no lab host. */
  static open(initPid: number): HostHandle {
    const fds: number[] = [];
    const keep = (fd: number): number => {
      fds.push(fd);
      return fd;
    };
    try {
      const proc = keep(openProcFolder(initPid));
      const userNs = keep(openSync(`/proc/self/fd/${proc}/ns/user`, constants.O_RDONLY));
      const mainNetns = keep(openSync(`/proc/self/fd/${proc}/ns/net`, constants.O_RDONLY));
      if (fstatSync(userNs).ino === statSync('/proc/self/ns/user').ino) {
        throw new Error(`process ${initPid} has no user namespace of its own`);
      }
      return new HostHandle(initPid, proc, userNs, mainNetns, fstatSync(mainNetns, { bigint: true }).ino);
    } catch (error) {
      for (const fd of fds) closeSync(fd);
      throw error;
    }
  }

  /** Runs `use` with an O_PATH descriptor of the lab host's root directory. Throws when the lab host has ended. */
  withRoot<T>(use: (root: number) => T): T {
    if (!this.open) throw new Error('the lab host has been let go');
    const root = openRoot(this.proc);
    try {
      return use(root);
    } finally {
      closeSync(root);
    }
  }

  get closed(): boolean {
    return !this.open;
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    for (const fd of [this.proc, this.userNs, this.mainNetns]) closeSync(fd);
  }
}
