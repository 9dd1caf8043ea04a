import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../../common/logger.js';
import { DriverError } from '../driver-error.js';
import type { Engine } from './engine.js';
import { defaultImage, findProgram } from './programs.js';

const PULL_MS = 30 * 60_000;
/** Between looks for an image that could not be fetched: somebody may load it by hand. */
const RETRY_MS = 30_000;

export interface NodeImageOptions {
  engine: Engine;
  path: string;
  wanted: string | undefined;
  logger: Logger;
}

/** The image that nodes are made from: always there before a cluster is asked for, never fetched meanwhile. */
export class NodeImage {
  /** Why no cluster can be made for want of the image; undefined when there is one, or nobody has looked yet. */
  missing: string | undefined;
  private name: string | undefined;
  private id: string | undefined;

  constructor(private readonly o: NodeImageOptions) {
    this.name = o.wanted;
  }

  /** What tells one image from another: its content where that is known. */
  get identity(): string {
    return this.id ?? this.name ?? 'default';
  }

  /** Name of the image; undefined where none is set and kind's own cannot be told. */
  async resolve(): Promise<string | undefined> {
    const kind = this.name === undefined ? findProgram('kind', this.o.path) : undefined;
    if (kind !== undefined) this.name = await defaultImage(kind);
    return this.name;
  }

  /** Whether the engine has it at this moment. */
  async isPresent(signal?: AbortSignal): Promise<boolean> {
    const name = await this.resolve();
    this.id = name === undefined ? undefined : await this.o.engine.imageId(name, signal);
    this.missing =
      this.id === undefined ? `the node image ${name ?? 'of kind'} is not on this machine yet` : undefined;
    return this.id !== undefined;
  }

  /** For kind, which would fetch what is missing on its own. */
  async reference(): Promise<string> {
    if (await this.isPresent()) return this.name!;
    throw new DriverError('unavailable', this.missing!);
  }

  /** Fetches it where it is missing, again and again until it is there. Rejects only when the signal fires. */
  async fetch(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        if (await this.isPresent(signal)) return;
        await this.pull(signal);
        if (await this.isPresent(signal)) return;
      } catch (error) {
        signal.throwIfAborted();
        this.o.logger.warn({ err: error, image: this.name }, 'the node image could not be fetched');
      }
      await pause(RETRY_MS, undefined, { signal, ref: false });
    }
  }

  private async pull(signal: AbortSignal): Promise<void> {
    if (this.name === undefined) return;
    this.o.logger.info({ image: this.name }, 'fetching the node image');
    const query = { fromImage: this.name };
    const answer = await this.o.engine.send('POST', '/images/create', { query, signal, timeoutMs: PULL_MS });
    // Progress, one object a line; a failure comes at the end of an answer that began well.
    const failure = /"error":"([^"]*)"/.exec(answer)?.[1];
    if (failure !== undefined) throw new DriverError('unavailable', `${this.name}: ${failure}`);
  }
}
