import { StringDecoder } from 'node:string_decoder';
import { clamp } from '../limits.js';
import { SocketWire } from './socket-wire.js';
import type { AttachedInfo, DriverInfo, TerminalExit, Wire } from './wire.js';

export const ALIS_PROTOCOL = 'v1.alis';

const ignore = (): void => undefined;
const MAGIC = Buffer.from('ALiS\x01');
const INIT = 0x01;
const EOT = 0x04;

/** Unsigned LEB128. */
export function varuint(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  while (left > 127) {
    bytes.push((left % 128) | 128);
    left = Math.floor(left / 128);
  }
  bytes.push(left);
  return bytes;
}

/** asciinema's live stream, as its player reads it: events with ids and microseconds since the one before. */
export class AlisWire extends SocketWire implements Wire {
  readonly protocol = 'alis';
  readonly holdsInput = false;
  readonly confirmsReplay = false;
  readonly informs = false;
  readonly replayEnd = ignore;
  readonly input = ignore;
  readonly peers = ignore;
  readonly error = ignore;
  readonly notice = ignore;
  private decoder = new StringDecoder('utf8');
  private lastId = 0;
  private began = 0;
  private lastMicros = 0;
  private grid = { cols: 80, rows: 24 };
  private taken = false;

  attached(info: AttachedInfo): void {
    this.began = this.clock.monotonic();
    this.grid = { cols: info.cols, rows: info.rows };
    this.raw(MAGIC);
    this.init();
  }

  override output(bytes: Buffer, sent: () => void): void {
    const text = Buffer.from(this.decoder.write(bytes));
    this.event('o', [...varuint(text.length)], text, sent);
  }

  size(cols: number, rows: number): void {
    this.grid = { cols, rows };
    this.event('r', [...varuint(cols), ...varuint(rows)]);
  }

  /** The player starts from an empty screen again. */
  gap(): void {
    this.decoder = new StringDecoder('utf8');
    this.init();
  }

  driver({ kind }: DriverInfo): void {
    const taken = kind === 'instructor';
    if (taken === this.taken) return;
    this.taken = taken;
    const label = Buffer.from(`driver:${kind}`);
    this.event('m', varuint(label.length), label);
  }

  exit(exit: TerminalExit): void {
    this.event('x', varuint(clamp(exit.code ?? 255, { min: 0, max: 255 })));
    this.raw(Buffer.from([EOT, ...this.elapsed()]));
    this.close(1000, `exit:${exit.code ?? exit.signal ?? 'unknown'}`);
  }

  private init(): void {
    this.lastMicros = this.micros();
    const { cols, rows } = this.grid;
    const fields = [this.lastId, this.lastMicros, cols, rows].flatMap(varuint);
    // No theme, and no text of its own: what was printed lately follows as output.
    this.raw(Buffer.from([INIT, ...fields, 0, 0]));
  }

  private event(letter: string, fields: number[], tail: Buffer = Buffer.alloc(0), sent = ignore): void {
    const head = [letter.charCodeAt(0), ...varuint(++this.lastId), ...this.elapsed(), ...fields];
    this.raw(Buffer.concat([Buffer.from(head), tail]), sent);
  }

  private raw(bytes: Buffer, sent: () => void = ignore): void {
    super.output(bytes, sent);
  }

  private micros(): number {
    return Math.round((this.clock.monotonic() - this.began) * 1000);
  }

  private elapsed(): number[] {
    const now = Math.max(this.micros(), this.lastMicros);
    const since = now - this.lastMicros;
    this.lastMicros = now;
    return varuint(since);
  }
}
