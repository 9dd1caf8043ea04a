import { chmodSync, closeSync, constants, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { DriverError } from '../driver-error.js';

/** Not among Node's constants. */
const O_PATH = 0x200000;

/**
 * A listening Unix socket with a name in a folder. Bound beside the name and renamed, so that the name always leads to
 * a living socket. By way of a descriptor of the folder, as the path of a socket has 107 bytes at most and a state
 * folder may have more.
 */
export class SocketFile {
  private inode: number | undefined;
  private closed = false;

  private constructor(
    private readonly folder: number,
    private readonly name: string,
    private readonly server: Server,
  ) {}

  static async listen(o: {
    folder: string;
    name: string;
    onConnection: (socket: Socket) => void;
  }): Promise<SocketFile> {
    // Half-open, so that whoever asks may end its half before the answer is written.
    const server = createServer({ allowHalfOpen: true }, o.onConnection);
    const file = new SocketFile(openFolder(o.folder), o.name, server);
    try {
      await file.bind();
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Takes the name away, unless another socket has it by now. Connections go on, without new ones. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    const file = this.path(this.name);
    const present = statSync(file, { throwIfNoEntry: false });
    if (present && present.ino === this.inode) rmSync(file);
    // Node removes the name that it bound at once, through the descriptor.
    this.server.close();
    closeSync(this.folder);
  }

  private async bind(): Promise<void> {
    const temporary = this.path(`.${this.name}.new`);
    rmSync(temporary, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(temporary, resolve);
    });
    this.server.removeAllListeners('error');
    // Running out of descriptors is no end: the next connection is tried again.
    this.server.on('error', () => undefined);
    // The learner is nobody in the machine's eyes.
    chmodSync(temporary, 0o666);
    this.inode = statSync(temporary).ino;
    renameSync(temporary, this.path(this.name));
  }

  private path(name: string): string {
    return `/proc/self/fd/${this.folder}/${name}`;
  }
}

function openFolder(folder: string): number {
  try {
    return openSync(folder, O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new DriverError('not_found', `no lab host has the folder ${folder}`);
  }
}
