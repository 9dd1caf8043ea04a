/**
 * Cuts a stream of JSON objects that nothing separates into their texts. Bounded: what exceeds the limit in all sets
 * `overflown` and is dropped.
 */
export class JsonSplitter {
  overflown = false;
  private text = '';
  private scanned = 0;
  private depth = 0;
  private inString = false;
  private escaped = false;
  private total = 0;

  constructor(private readonly limit: number) {}

  push(bytes: Buffer): string[] {
    this.total += bytes.length;
    if (this.total > this.limit) {
      this.overflown = true;
      this.text = '';
      return [];
    }
    // One byte, one character: braces and quotes are ASCII, and the cut texts are decoded as a whole.
    this.text += bytes.toString('latin1');
    const complete: string[] = [];
    for (; this.scanned < this.text.length; this.scanned++) {
      if (!this.closes(this.text[this.scanned]!)) continue;
      const end = this.scanned + 1;
      complete.push(Buffer.from(this.text.slice(0, end), 'latin1').toString('utf8'));
      this.text = this.text.slice(end);
      this.scanned = -1;
    }
    return complete;
  }

  private closes(character: string): boolean {
    if (this.inString) {
      if (this.escaped) this.escaped = false;
      else if (character === '\\') this.escaped = true;
      else if (character === '"') this.inString = false;
      return false;
    }
    if (character === '"') this.inString = true;
    else if (character === '{' || character === '[') this.depth++;
    else if (character === '}' || character === ']') return --this.depth === 0;
    return false;
  }
}
