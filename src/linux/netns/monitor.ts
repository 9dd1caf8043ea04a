import { startResident, type Resident } from '../exec/resident.js';
import { enterArgv, entryFds, type EntryFds } from './enter.js';

/** Changes come in bursts, and a learner can make them come without end; between looks nothing is read. */
const QUIET_MS = 80;

/**
 * One `ip monitor` of the machine in the main namespace of a lab host, which also hears of the namespaces that are
 * wired to it. What it prints is not read: that it prints is the news.
 */
export class NetnsMonitor {
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  private constructor(
    private readonly resident: Resident,
    private readonly onChange: () => void,
  ) {
    resident.stdout.on('data', () => this.changed());
    resident.stdout.on('error', () => undefined);
    resident.stderr.on('error', () => undefined).resume();
    void resident.exited.then(() => this.close());
  }

  static async start(fds: EntryFds, onChange: () => void): Promise<NetnsMonitor> {
    const args = ['-o', 'monitor', 'all-nsid', 'link', 'address', 'route', 'netconf'];
    // Hearing of other namespaces, of this user namespace alone, takes one more capability.
    const argv = enterArgv('ip', args, ['net_broadcast']);
    return new NetnsMonitor(await startResident({ argv, extraFds: entryFds(fds) }), onChange);
  }

  get alive(): boolean {
    return !this.closed;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.timer);
    this.resident.kill();
  }

  private changed(): void {
    if (this.closed) return;
    // The pipe fills up meanwhile, then the kernel drops: more news of a change that is known already.
    this.resident.stdout.pause();
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.resident.stdout.resume();
    }, QUIET_MS);
    this.onChange();
  }
}
