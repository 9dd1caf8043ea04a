import { startResident, type Resident } from '../exec/resident.js';
import { enterArgv, entryFds, isRefusal, type EntryFds } from './enter.js';
import { jsonOfIp } from './ip-text.js';
import { LineReader } from './line-reader.js';
import { NetnsError } from './netns-error.js';

/** One object of `ip` in one namespace: the answers of ten thousand links must not fill our memory. */
const MAX_ANSWER = 256 * 1024;
const DEADLINE_MS = 2000;

export type IpTable = 'link' | 'addr' | 'route' | 'neigh' | 'netconf';

const COMMANDS: Record<IpTable, string> = {
  link: 'link show',
  addr: 'addr show',
  route: 'route show table main',
  neigh: 'neigh show',
  netconf: 'netconf show',
};

interface Waiting {
  resolve(line: string): void;
  reject(error: NetnsError): void;
  timer: NodeJS.Timeout;
}

/**
 * One `ip -batch` of the machine inside one namespace, asked again and again: an entry costs milliseconds, an answer of
 * the resident a fraction of one. It holds the namespace alive, so its owner drops it when the name is gone.
 */
export class ResidentIp {
  private readonly waiting: Waiting[] = [];
  /** The last answer of each table: most looks see what the one before saw. */
  private readonly last = new Map<IpTable, { line: string; value: unknown }>();
  private stderr = '';
  private dead: NetnsError | undefined;

  private constructor(private readonly resident: Resident) {
    new LineReader(resident.stdout, MAX_ANSWER, {
      line: (text) => this.answer(text),
      tooLong: () =>
        this.end(new NetnsError('tenant', 'too-large', `an answer is larger than ${MAX_ANSWER} bytes`)),
    });
    resident.stderr.on(
      'data',
      (bytes: Buffer) => (this.stderr = (this.stderr + bytes.toString('utf8')).slice(-2048)),
    );
    resident.stderr.on('error', () => undefined);
    void resident.exited.then(() => this.end(this.exitError()));
  }

  /** Descriptors may be closed once this resolves. */
  static async start(fds: EntryFds): Promise<ResidentIp> {
    const argv = enterArgv('ip', ['-j', '-d', '-s', '-force', '-batch', '-']);
    return new ResidentIp(await startResident({ argv, extraFds: entryFds(fds) }));
  }

  get alive(): boolean {
    return this.dead === undefined;
  }

  get pid(): number {
    return this.resident.pid;
  }

  /** The parsed JSON of one table, the same object while nothing changed. Rejects with NetnsError; after that the resident is gone. */
  async read(table: IpTable): Promise<unknown> {
    if (this.dead) throw this.dead;
    const line = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.end(new NetnsError('platform', 'timeout', `ip did not answer within ${DEADLINE_MS} ms`));
      }, DEADLINE_MS);
      this.waiting.push({ resolve, reject, timer });
      this.resident.stdin.write(`${COMMANDS[table]}\n`);
    });
    const last = this.last.get(table);
    if (last?.line === line) return last.value;
    try {
      const value = parse(line);
      this.last.set(table, { line, value });
      return value;
    } catch {
      throw this.end(new NetnsError('platform', 'malformed', 'ip did not answer with JSON'));
    }
  }

  close(): void {
    this.end(new NetnsError('platform', 'ended', 'the reader was closed'));
  }

  private answer(text: string): void {
    const next = this.waiting.shift();
    if (!next) return;
    clearTimeout(next.timer);
    next.resolve(text);
  }

  private exitError(): NetnsError {
    if (isRefusal(this.stderr))
      return new NetnsError('tenant', 'refused', 'the kernel refused the namespace');
    return new NetnsError('platform', 'ended', `ip ended: ${this.stderr.trim()}`);
  }

  private end(error: NetnsError): NetnsError {
    if (this.dead) return this.dead;
    this.dead = error;
    this.resident.kill();
    for (const waiting of this.waiting.splice(0)) {
      clearTimeout(waiting.timer);
      waiting.reject(error);
    }
    return error;
  }
}

/** Nearly always it is JSON at once. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return JSON.parse(jsonOfIp(line)) as unknown;
  }
}
