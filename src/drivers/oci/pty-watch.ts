import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { Clock } from '../../common/clock.js';
import type { Logger } from '../../common/logger.js';
import { processesIn } from '../../linux/cgroup.js';
import type { Layout } from './layout.js';
import { killInit } from './remove.js';
import { survey } from './survey.js';

const INTERVAL_MS = 2000;
/** Device 5:2, whatever name a learner gave it. */
const PTMX = 5 * 256 + 2;

export interface PtyWatchOptions {
  layout: Layout;
  clock: Clock;
  logger: Logger;
  /** Terminals in use on the machine from which on it looks for who has them; a quarter of the pool by default. */
  alarm?: number;
  /** Terminals that a lab host may then hold. */
  allowance?: number;
}

function readNumber(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return Number.NaN;
  }
}

function heldBy(pid: number): number {
  try {
    const files = readdirSync(`/proc/${pid}/fd`).map((fd) => `/proc/${pid}/fd/${fd}`);
    return files.filter((file) => statSync(file, { throwIfNoEntry: false })?.rdev === PTMX).length;
  } catch {
    return 0;
  }
}

/**
 * Terminals are one pool for the machine, and a learner can mount a devpts without the cap of ours: no kernel limit
 * binds. So when the pool runs low, whoever holds more than an allowance is ended; its sandbox counts as lost.
 */
export class PtyWatch {
  private cancel: (() => void) | undefined;

  constructor(private readonly options: PtyWatchOptions) {}

  start(): void {
    this.cancel = this.options.clock.after(INTERVAL_MS, () => {
      this.look();
      this.start();
    });
  }

  stop(): void {
    this.cancel?.();
  }

  /** Ends the offenders and returns their names. */
  look(): string[] {
    const { layout, logger, allowance = 64 } = this.options;
    const alarm = this.options.alarm ?? readNumber('/proc/sys/kernel/pty/max') / 4;
    if (!(readNumber('/proc/sys/kernel/pty/nr') >= alarm)) return [];
    const ended: string[] = [];
    for (const host of survey(layout)) {
      const name = `wh-${host.id}-${host.attempt}`;
      const held = processesIn(layout.cgroup(name)).reduce((sum, pid) => sum + heldBy(pid), 0);
      if (held <= allowance) continue;
      logger.warn(
        { host: name, held, allowance },
        'a lab host uses up the terminals of the machine and is ended',
      );
      killInit(layout, name);
      ended.push(name);
    }
    return ended;
  }
}
