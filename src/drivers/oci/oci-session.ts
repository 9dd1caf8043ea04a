import { closeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import { systemClock } from '../../common/clock.js';
import type { Logger } from '../../common/logger.js';
import { setLauncher } from '../../linux/exec/active-launcher.js';
import { Launcher } from '../../linux/exec/launcher.js';
import { DriverError } from '../driver-error.js';
import { runtimeCandidates } from './find-runtime.js';
import type { Layout } from './layout.js';
import { takeRuntimeLock } from './lock.js';
import { dropOldViews, prepareFolders } from './prepare.js';
import { PtyWatch } from './pty-watch.js';
import { Runtime } from './runtime.js';

export interface SessionOptions {
  runtime: string;
  imageDir: string;
  logger: Logger;
  /** Whether the other commands of this process, too, are started by this session's launcher. */
  sharesLauncher?: boolean;
}

export interface OpenSession {
  runtime: Runtime;
  /** Read-only view of the image. */
  rootfs: string;
  lockFd: number;
  launcher: Launcher;
  watch: PtyWatch;
}

/** What a service needs once before it may touch lab hosts: the lock, the folders, the views. Made at first use. */
export class OciSession {
  private opened: Promise<OpenSession> | undefined;
  private program: string | undefined;

  constructor(
    private readonly layout: Layout,
    private readonly options: SessionOptions,
  ) {}

  /** The runtime that preflight found to work; without it the first candidate is taken. */
  useRuntime(program: string): void {
    this.program = program;
  }

  open(): Promise<OpenSession> {
    this.opened ??= this.make().catch((error: unknown) => {
      // What was lacking may be there at the next call.
      this.opened = undefined;
      throw error;
    });
    return this.opened;
  }

  /** Lets running commands finish and gives the lock back; lab hosts go on. */
  async close(): Promise<void> {
    const opened = await this.opened?.catch(() => undefined);
    this.opened = undefined;
    if (!opened) return;
    if (this.options.sharesLauncher) setLauncher(undefined);
    opened.watch.stop();
    closeSync(opened.lockFd);
    await opened.launcher.close();
  }

  private async make(): Promise<OpenSession> {
    const program = this.program ?? runtimeCandidates(this.options.runtime)[0];
    if (program === undefined)
      throw new DriverError('unavailable', `no OCI runtime (${this.options.runtime}) on this machine`);
    await mkdir(this.layout.stateDir, { recursive: true, mode: 0o711 });
    const lockFd = await takeRuntimeLock(this.layout.lockFile);
    try {
      const rootfs = await prepareFolders(this.layout, this.options.imageDir);
      await dropOldViews(this.layout, rootfs);
      const launcher = await Launcher.start({ lockFd });
      if (this.options.sharesLauncher) setLauncher(launcher);
      const parallel = 2 * os.availableParallelism();
      const runtime = new Runtime({ program, layout: this.layout, parallel, lockFd, launcher });
      const watch = new PtyWatch({ layout: this.layout, clock: systemClock, logger: this.options.logger });
      watch.start();
      return { runtime, rootfs, lockFd, launcher, watch };
    } catch (error) {
      closeSync(lockFd);
      throw error;
    }
  }
}
