const PLACE = '[redacted]';
/** A line that is longer is looked at in parts. */
const MAX_LINE = 4096;

export interface Redaction {
  /** Known secrets of the sandbox. */
  literals: readonly string[];
  /** Linear-time patterns, looked for within a line. */
  patterns: readonly string[];
}

/**
 * Replaces secrets in text that comes in pieces. Holds back what may be the beginning of a literal, and, where there are
 * patterns, the line that is not finished. Best effort: output that puts escape sequences into a secret escapes it.
 */
export class Redactor {
  private held = '';
  private readonly literals: string[];
  private readonly patterns: RegExp[];

  constructor({ literals, patterns }: Redaction) {
    this.literals = literals.filter((literal) => literal !== '').toSorted((a, b) => b.length - a.length);
    this.patterns = patterns.map((pattern) => new RegExp(pattern, 'gu'));
  }

  /** Whether something waits that `flush` would give. */
  get waits(): boolean {
    return this.held !== '';
  }

  push(text: string): string {
    this.held = this.withoutLiterals(this.held + text);
    return this.give(this.held.length - this.beginning());
  }

  /** All that waits: nothing more is coming for now. */
  flush(): string {
    return this.give(this.held.length, true);
  }

  private give(upTo: number, all = false): string {
    let cut = upTo;
    if (!all && this.patterns.length > 0) {
      const line = this.held.lastIndexOf('\n', cut - 1) + 1;
      if (cut - line < MAX_LINE) cut = line;
    }
    const out = this.held.slice(0, cut);
    this.held = this.held.slice(cut);
    return this.patterns.reduce((text, pattern) => text.replace(pattern, PLACE), out);
  }

  private withoutLiterals(text: string): string {
    return this.literals.reduce((rest, literal) => rest.replaceAll(literal, PLACE), text);
  }

  /** Length of the longest end of what is held that some literal begins with. */
  private beginning(): number {
    const longest = Math.min(this.held.length, (this.literals[0]?.length ?? 1) - 1);
    for (let length = longest; length > 0; length--) {
      const end = this.held.slice(-length);
      if (this.literals.some((literal) => literal.length > length && literal.startsWith(end))) return length;
    }
    return 0;
  }
}
