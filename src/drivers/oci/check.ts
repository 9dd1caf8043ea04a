import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { limitsSwap } from '../../linux/cgroup-mounts.js';
import { runCommand, type CommandResult } from '../../linux/exec/command.js';
import { CommandError } from '../../linux/exec/command-error.js';
import { MAX_INPUT } from '../../linux/exec/launcher.js';
import { Semaphore } from '../../common/semaphore.js';
import { systemClock } from '../../common/clock.js';
import type { Check, CheckResult } from '../host-driver.js';
import type { CallOptions } from '../step.js';
import { IDS_PER_HOST } from './config.js';
import { CHECK_EXITS, CHECK_SECONDS, checkConfig } from './check-config.js';
import type { Layout } from './layout.js';
import type { OciSession, OpenSession } from './oci-session.js';
import { removeContainer } from './remove.js';

/** At once: they have a machine's processors to share with its learners. */
const PLACES = 2;
/** Slots of the id range, before the last one, which the probe uses; sandboxes get them when all others are taken. */
const FIRST_SLOT = 8190;
const MAX_OUTPUT = 64 * 1024;
const KILLED = 128 + 9;
const REMOVE_MS = 10_000;

export const isCheckName = (name: string): boolean => /^check-\d$/.test(name);

/** Runs scripts of labs, each in a container that is there for it alone and gone afterwards. */
export class CheckBoxes {
  private readonly free = Array.from({ length: PLACES }, (_, place) => place);
  private readonly places = new Semaphore(PLACES);
  private readonly swap = limitsSwap();

  constructor(private readonly o: { layout: Layout; session: Pick<OciSession, 'open'>; uidBase: number }) {}

  run(check: Check, limits: CallOptions): Promise<CheckResult> {
    return this.places.run(async () => {
      const place = this.free.pop()!;
      try {
        return await this.runIn(place, check, limits);
      } finally {
        this.free.push(place);
      }
    });
  }

  private async runIn(place: number, check: Check, limits: CallOptions): Promise<CheckResult> {
    const { layout, session } = this.o;
    const opened = await session.open();
    const name = `check-${place}`;
    const bundle = path.join(layout.volatile, 'checks', name);
    // Left by a service that was killed: its script is over by now, or will be.
    await removeContainer(layout, name, limits.signal);
    await this.writeBundle(bundle, place, opened, check.script);
    try {
      return resultOf(await this.start(name, bundle, { opened, check, limits }));
    } catch (error) {
      if (error instanceof CommandError && error.failure === 'exit')
        throw new Error(`the box of the script could not be made: ${error.output}`, { cause: error });
      throw error;
    } finally {
      await removeContainer(layout, name, AbortSignal.timeout(REMOVE_MS));
      await rm(bundle, { recursive: true, force: true });
    }
  }

  private async writeBundle(
    bundle: string,
    place: number,
    { rootfs }: OpenSession,
    script: string,
  ): Promise<void> {
    await rm(bundle, { recursive: true, force: true });
    await mkdir(bundle, { recursive: true, mode: 0o711 });
    const file = path.join(bundle, 'check');
    const config = checkConfig({
      rootfs,
      file,
      cgroup: this.o.layout.cgroup(`check-${place}`),
      firstId: this.o.uidBase + (FIRST_SLOT - place) * IDS_PER_HOST,
      swap: this.swap,
    });
    await writeFile(file, script, { mode: 0o755 });
    await writeFile(path.join(bundle, 'config.json'), JSON.stringify(config), { mode: 0o600 });
  }

  /** The lock is held by the child: after a kill -9 the next service waits until the script is over. */
  private start(
    name: string,
    bundle: string,
    { opened, check, limits }: { opened: OpenSession; check: Check; limits: CallOptions },
  ): Promise<CommandResult> {
    const { runtime, launcher, lockFd } = opened;
    const command = {
      argv: runtime.argv('run', '--bundle', bundle, name),
      input: check.input,
      timeoutMs: Math.max(1, limits.deadline - systemClock.now()),
      maxOutput: MAX_OUTPUT,
      signal: limits.signal,
      // Out of memory, the kernel may choose process 1.
      accept: [...Object.values(CHECK_EXITS), KILLED],
    };
    const small = Buffer.byteLength(check.input) <= MAX_INPUT;
    return small && launcher.alive
      ? launcher.run({ ...command, keepLock: true })
      : runCommand({ ...command, extraFds: [lockFd] });
  }
}

function resultOf({ exit, stdout, truncated }: CommandResult): CheckResult {
  if (truncated) return { exit: null, why: `the script wrote more than ${MAX_OUTPUT} bytes` };
  switch (exit) {
    case CHECK_EXITS.yes:
      return { exit: 0, stdout };
    case CHECK_EXITS.no:
      return { exit: 1, stdout };
    case KILLED:
    case CHECK_EXITS.killed:
      return {
        exit: null,
        why: `the script was ended: it took ${CHECK_SECONDS} s, or more memory than it may`,
      };
    default:
      return { exit: null, why: 'the script ended with a status other than 0 and 1' };
  }
}
