import type { Readable } from 'node:stream';

/** Splits a stream into lines of at most `limit` bytes; a longer one ends the reading. */
export class LineReader {
  private buffered: Buffer[] = [];
  private size = 0;

  constructor(
    stream: Readable,
    private readonly limit: number,
    private readonly on: { line(text: string): void; tooLong(): void },
  ) {
    stream.on('data', (bytes: Buffer) => this.push(bytes));
    // The exit of the child tells the end; a reset pipe must not throw.
    stream.on('error', () => undefined);
  }

  private push(bytes: Buffer): void {
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      this.buffered.push(bytes.subarray(from, end));
      const line = Buffer.concat(this.buffered).toString('utf8');
      this.buffered = [];
      this.size = 0;
      from = end + 1;
      this.on.line(line);
    }
    this.size += bytes.length - from;
    if (this.size > this.limit) {
      this.buffered = [];
      this.on.tooLong();
      return;
    }
    if (from < bytes.length) this.buffered.push(bytes.subarray(from));
  }
}
