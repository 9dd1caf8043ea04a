import { closeSync, constants, openSync } from 'node:fs';
import { startResident, type Resident } from '../exec/resident.js';
import { LineReader } from '../netns/line-reader.js';
import { machinePath } from '../netns/machine-path.js';
import { NetnsError } from '../netns/netns-error.js';

const DEADLINE_MS = 2000;
/** The kernel's own limit is 64. */
const MAX_LINE = 256;
/** More than a learner has use for; the names of further namespaces are not read. */
const MAX_READERS = 16;
/** A builtin of the machine's shell reads the machine's /proc, where the name is that of the reader's namespace. */
const LOOP = 'while IFS= read -r _; do IFS= read -r n < /proc/sys/kernel/hostname; printf "%s\\n" "$n"; done';

/**
 * In two steps as for networks: only once it is in the lab host's user namespace does it ask for the other one, so the
 * kernel refuses any that the lab host does not own. The mount namespace stays ours, and no right is kept.
 */
function enterUtsArgv(): string[] {
  const nsenter = machinePath('nsenter');
  const setpriv = machinePath('setpriv');
  return [
    ...[nsenter, '--user=/proc/self/fd/4', '--', nsenter, '--uts=/proc/self/fd/3', '--'],
    ...[setpriv, '--no-new-privs', '--reuid=65534', '--regid=65534', '--clear-groups'],
    ...['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all', '--'],
    ...[setpriv, '--pdeathsig=KILL', '--', machinePath('sh'), '-c', LOOP],
  ];
}

interface Waiting {
  resolve(name: string): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

/** A resident of ours in one uts namespace, which says its hostname whenever it is asked. */
class UtsReader {
  private readonly waiting: Waiting[] = [];
  private dead: NetnsError | undefined;
  private stderr = '';

  private constructor(private readonly resident: Resident) {
    new LineReader(resident.stdout, MAX_LINE, {
      line: (text) => this.answer(text),
      tooLong: () => this.end('malformed', 'a hostname is longer than the kernel allows'),
    });
    resident.stderr.on('data', (bytes: Buffer) => (this.stderr = (this.stderr + String(bytes)).slice(-512)));
    resident.stderr.on('error', () => undefined);
    void resident.exited.then(() =>
      this.end('ended', `the reader of hostnames ended: ${this.stderr.trim()}`),
    );
  }

  static async start(fds: { uts: number; userNs: number }): Promise<UtsReader> {
    return new UtsReader(await startResident({ argv: enterUtsArgv(), extraFds: [fds.uts, fds.userNs] }));
  }

  read(): Promise<string> {
    if (this.dead) return Promise.reject(this.dead);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.end('timeout', `no hostname within ${DEADLINE_MS} ms`),
        DEADLINE_MS,
      );
      this.waiting.push({ resolve, reject, timer });
      this.resident.stdin.write('\n');
    });
  }

  close(): void {
    this.end('ended', 'the reader was closed');
  }

  private answer(name: string): void {
    const next = this.waiting.shift();
    if (!next) return;
    clearTimeout(next.timer);
    next.resolve(name);
  }

  private end(code: 'timeout' | 'malformed' | 'ended', detail: string): void {
    if (this.dead) return;
    this.dead = new NetnsError('platform', code, detail);
    this.resident.kill();
    for (const waiting of this.waiting.splice(0)) {
      clearTimeout(waiting.timer);
      waiting.reject(this.dead);
    }
  }
}

/** Hostnames of the uts namespaces of one lab host, by a resident in each. */
export class UtsNames {
  private readonly readers = new Map<string, Promise<UtsReader>>();

  constructor(private readonly host: { userNs: number; closed: boolean }) {}

  /**
   * `uts` names the namespace, `folder` is an open /proc/<pid> of a process in it. undefined = there are more
   * namespaces than are read, or the process is gone. Rejects with NetnsError.
   */
  async read(uts: string, folder: number): Promise<string | undefined> {
    let reader = this.readers.get(uts);
    if (!reader) {
      if (this.readers.size >= MAX_READERS || this.host.closed) return undefined;
      reader = this.start(uts, folder);
      this.readers.set(uts, reader);
    }
    try {
      return await (await reader).read();
    } catch (error) {
      this.drop(uts);
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ESRCH') return undefined;
      throw error;
    }
  }

  /** Ends the readers of all other namespaces: a resident holds its namespace alive. */
  keep(alive: ReadonlySet<string>): void {
    for (const uts of this.readers.keys()) if (!alive.has(uts)) this.drop(uts);
  }

  rest(): void {
    this.keep(new Set());
  }

  get size(): number {
    return this.readers.size;
  }

  private async start(uts: string, folder: number): Promise<UtsReader> {
    const fd = openSync(`/proc/self/fd/${folder}/ns/uts`, constants.O_RDONLY);
    try {
      return await UtsReader.start({ uts: fd, userNs: this.host.userNs });
    } finally {
      closeSync(fd);
    }
  }

  private drop(uts: string): void {
    const reader = this.readers.get(uts);
    this.readers.delete(uts);
    void reader?.then((r) => r.close()).catch(() => undefined);
  }
}
