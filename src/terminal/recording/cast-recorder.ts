import { constants } from 'node:os';
import type { Clock } from '../../common/clock.js';
import { RECORDER_BLOCKED_MS, RECORDER_HELD_MS, RECORDER_SYNC_MS, RECORDING_MAX } from '../limits.js';
import type { ReplayRing } from '../replay-ring.js';
import type { TerminalExit } from '../wire/wire.js';
import type { CastFile } from './cast-file.js';
import { CastLines, type CastHeader } from './cast-lines.js';
import { Redactor, type Redaction } from './redactor.js';
import type { Recorder, RecorderStop } from './recorder.js';

export interface CastOptions {
  ring: ReplayRing;
  file: CastFile;
  header: CastHeader;
  redaction: Redaction;
  clock: Clock;
  maxBytes?: number;
  /** The lag has changed. */
  moved(): void;
  stopped(why: RecorderStop): void;
  /** All is written and the file is closed. */
  closed(bytes: number): void;
}

/** Writes one run of a terminal as asciicast v3: at most one write at a time, and nothing queued but a few lines. */
export class CastRecorder implements Recorder {
  recording = true;
  private cursor: number;
  private mark: number;
  private bytes = 0;
  private lines: string[] = [];
  private writing = false;
  private readonly cast: CastLines;
  private readonly redactor: Redactor;
  private cancelHeld: (() => void) | undefined;
  private cancelSync: (() => void) | undefined;

  constructor(private readonly o: CastOptions) {
    this.cursor = o.ring.head;
    this.mark = o.ring.sizeAt(o.ring.head).number;
    this.cast = new CastLines(this.micros());
    this.redactor = new Redactor(o.redaction);
    this.lines.push(this.cast.header(o.header));
    this.planSync();
    void this.write();
  }

  get lag(): number {
    return this.recording ? this.o.ring.head - this.cursor : 0;
  }

  pump(): void {
    if (!this.recording || this.writing) return;
    const { ring } = this.o;
    if (this.cursor < ring.start) {
      this.cursor = ring.start;
      this.add('m', 'gap');
    }
    // What is there now; more comes with the next call.
    for (let left = 4; left > 0 && this.step(); left--);
    this.planHeld();
    if (this.lines.length > 0) void this.write();
  }

  marker(label: string): void {
    if (!this.recording) return;
    this.drain();
    this.add('m', label);
    if (!this.writing) void this.write();
  }

  end(exit: TerminalExit): void {
    if (!this.recording) return;
    this.drain();
    this.output(this.redactor.push(this.cast.decodeEnd()) + this.redactor.flush());
    this.add('x', status(exit));
    this.finish();
  }

  /** One slice of output, or the size mark in front of it. False when there is nothing more. */
  private step(): boolean {
    const { ring } = this.o;
    const next = ring.markAfter(this.mark);
    if (next && next.offset <= this.cursor) {
      this.mark = next.number;
      this.output(this.redactor.flush());
      this.add('r', `${next.cols}x${next.rows}`);
      return true;
    }
    if (this.cursor >= ring.head) return false;
    const end = Math.min(ring.head, next?.offset ?? Infinity);
    const bytes = ring.slice(this.cursor, end - this.cursor);
    this.cursor += bytes.length;
    this.output(this.redactor.push(this.cast.decode(bytes)));
    return true;
  }

  /** All that the terminal printed so far, in front of what is to be noted. */
  private drain(): void {
    while (this.step());
    this.output(this.redactor.flush());
  }

  private output(text: string): void {
    if (text !== '') this.add('o', text);
  }

  private add(code: 'o' | 'r' | 'm' | 'x', data: string): void {
    const most = this.o.maxBytes ?? RECORDING_MAX;
    const line = this.cast.event(this.micros(), code, data);
    this.bytes += Buffer.byteLength(line);
    if (this.bytes <= most) this.lines.push(line);
    else if (this.recording) this.stop('truncated');
  }

  /** A prompt without a line feed must not wait for the next line. */
  private planHeld(): void {
    if (!this.redactor.waits) return;
    this.cancelHeld ??= this.o.clock.after(RECORDER_HELD_MS, () => {
      this.cancelHeld = undefined;
      if (!this.recording) return;
      this.output(this.redactor.flush());
      if (!this.writing) void this.write();
    });
  }

  private async write(): Promise<void> {
    if (this.writing) return;
    this.writing = true;
    const cancel = this.o.clock.after(RECORDER_BLOCKED_MS, () => this.stop('disk'));
    try {
      while (this.lines.length > 0) await this.o.file.append(this.lines.splice(0).join(''));
    } catch {
      this.stop('disk');
      this.lines = [];
    }
    cancel();
    this.writing = false;
    this.o.moved();
    if (this.recording) this.pump();
    else await this.close();
  }

  /** The shell goes on; what was written stays, with a mark at its end. */
  private stop(why: RecorderStop): void {
    if (!this.recording) return;
    this.lines.push(this.cast.event(this.micros(), 'm', why === 'disk' ? 'stopped' : 'truncated'));
    this.finish();
    this.o.stopped(why);
    this.o.moved();
  }

  private finish(): void {
    this.recording = false;
    this.cancelHeld?.();
    this.cancelSync?.();
    this.lines.push(this.cast.footer());
    // A write under way goes on with what was added, and closes the file.
    if (!this.writing) void this.write();
  }

  private async close(): Promise<void> {
    // A torn last line is ignored by readers.
    await this.o.file.close().catch(() => undefined);
    this.o.closed(this.bytes);
  }

  private planSync(): void {
    this.cancelSync = this.o.clock.after(RECORDER_SYNC_MS, () => {
      this.o.file.sync().catch(() => this.stop('disk'));
      if (this.recording) this.planSync();
    });
  }

  private micros(): number {
    return Math.round(this.o.clock.monotonic() * 1000);
  }
}

/** As a shell says it: 128 and the number of the signal that ended the command. */
function status({ code, signal }: TerminalExit): string {
  if (code !== null) return String(code);
  const number = (constants.signals as Record<string, number>)[`SIG${signal ?? ''}`];
  return number === undefined ? '' : String(128 + number);
}
