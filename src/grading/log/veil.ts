import { createHmac } from 'node:crypto';
import type { Json } from '../json.js';
import { redact } from '../redact.js';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/**
 * Hides what evidence hides, but so that equal stays equal and different stays different: a run that is folded again
 * must come to the same verdicts. The key never reaches the database, so nobody who reads it can try words out.
 */
export class Veil {
  private readonly known = new Map<string, string>();
  private readonly plain: ReadonlySet<string>;

  constructor(
    private readonly o: {
      /** Drawn values that the learner is to find. */
      secrets: readonly string[];
      /** Values of the lab; what is no secret there is none in a variable that sounds like one. */
      values: Record<string, Json>;
      key: Uint8Array;
    },
  ) {
    const values = Object.values(o.values).filter((v) => typeof v === 'string');
    this.plain = new Set(values.filter((v) => !o.secrets.includes(v)));
  }

  /** Of the same shape. */
  over(value: Json): Json {
    return redact(value, this.o.secrets, (text) => this.standIn(text));
  }

  private standIn(text: string): string {
    if (this.plain.has(text)) return text;
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const bytes = createHmac('sha256', this.o.key).update(text).digest();
    // What expressions and patterns compare keeps its length and its letters.
    const standIn = this.o.secrets.includes(text)
      ? Array.from({ length: text.length }, (_, i) => ALPHABET[bytes[i % 32]! % 36]).join('')
      : `[redacted-${bytes.toString('hex').slice(0, 12)}]`;
    if (this.known.size < 1000) this.known.set(text, standIn);
    return standIn;
  }
}
