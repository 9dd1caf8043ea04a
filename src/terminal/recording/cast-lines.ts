import { StringDecoder } from 'node:string_decoder';
import type { Size } from '../sizing.js';

export interface CastHeader extends Size {
  /** Seconds since the epoch. */
  timestamp: number;
  title: string;
  command: string;
  tags: string[];
}

/**
 * Lines of an asciicast v3 file. Intervals are differences of integer microseconds, so that their sum does not drift;
 * output is decoded across its pieces, so that no character is torn.
 */
export class CastLines {
  private readonly decoder = new StringDecoder('utf8');
  private last = 0;
  private invalid = 0;

  /** `micros`: time of the first event, on the clock of all others. */
  constructor(micros: number) {
    this.last = micros;
  }

  header(header: CastHeader): string {
    const { cols, rows, timestamp, title, command, tags } = header;
    const term = { cols, rows, type: 'xterm-256color' };
    return `${JSON.stringify({ version: 3, term, timestamp, title, command, tags })}\n`;
  }

  /** Text of output; an unfinished character waits for its rest. */
  decode(bytes: Buffer): string {
    return this.count(this.decoder.write(bytes));
  }

  /** What is left of an unfinished character. */
  decodeEnd(): string {
    return this.count(this.decoder.end());
  }

  event(micros: number, code: 'o' | 'r' | 'm' | 'x', data: string): string {
    // A clock that stands still or goes back makes an interval of nothing.
    const interval = Math.max(0, micros - this.last);
    this.last += interval;
    return `[${(interval / 1e6).toFixed(6)}, "${code}", ${JSON.stringify(data)}]\n`;
  }

  footer(): string {
    return this.invalid === 0 ? '' : `# ${this.invalid} invalid bytes became U+FFFD\n`;
  }

  private count(text: string): string {
    for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', at + 1)) this.invalid++;
    return text;
  }
}
