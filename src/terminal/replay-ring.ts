import { PAGE } from './limits.js';

export interface SizeMark {
  /** Grows with every mark, so that a reader can tell which it has seen. */
  number: number;
  offset: number;
  cols: number;
  rows: number;
}

/** More marks than this are folded, oldest first: a client that resizes for ever must not fill the memory. */
const MAX_MARKS = 512;

/**
 * The last bytes of a terminal, addressed by absolute offset, with the sizes that were in force. Pages are dropped
 * whole and never written again, so a slice stays intact however long a socket holds it.
 */
export class ReplayRing {
  private pages: Buffer[] = [];
  /** Offset of the first page's first byte; a multiple of the page size. */
  private base = 0;
  private end = 0;
  private marks: SizeMark[] = [];
  private lastNumber = 0;
  private first: { cols: number; rows: number };
  private readonly maxPages: number;

  constructor(
    bytes: number,
    size: { cols: number; rows: number },
    private readonly pageSize = PAGE,
  ) {
    // One more than fits: the page being filled counts for nothing yet.
    this.maxPages = Math.ceil(bytes / pageSize) + 1;
    this.first = size;
  }

  /** Offset behind the last byte. */
  get head(): number {
    return this.end;
  }

  /** Offset of the oldest byte that is still here. */
  get start(): number {
    return this.base;
  }

  append(bytes: Buffer): void {
    let from = 0;
    while (from < bytes.length) {
      const used = this.end - this.base - (this.pages.length - 1) * this.pageSize;
      let page = this.pages.at(-1);
      let at = used;
      if (!page || used === this.pageSize) {
        page = Buffer.allocUnsafeSlow(this.pageSize);
        this.pages.push(page);
        at = 0;
        if (this.pages.length > this.maxPages) this.dropFirst();
      }
      const count = bytes.copy(page, at, from);
      from += count;
      this.end += count;
    }
  }

  /** Up to `max` bytes from `offset`, without a copy; shorter at a page's end. `offset` is in [start, head]. */
  slice(offset: number, max: number): Buffer {
    if (offset < this.base || offset > this.end) {
      throw new RangeError(`offset ${offset} is outside of the ring, ${this.base} to ${this.end}`);
    }
    const relative = offset - this.base;
    const page = this.pages[Math.floor(relative / this.pageSize)];
    if (!page) return Buffer.alloc(0);
    const at = relative % this.pageSize;
    return page.subarray(at, Math.min(this.pageSize, at + Math.min(max, this.end - offset)));
  }

  /** First offset >= `from` that begins a line; `from` itself if there is no line feed behind it. */
  lineStart(from: number): number {
    if (from === 0) return 0;
    for (let at = from; at < this.end;) {
      const piece = this.slice(at, this.end - at);
      const found = piece.indexOf(0x0a);
      if (found >= 0) return at + found + 1;
      at += piece.length;
    }
    return from;
  }

  /** Where a replay of at most `bytes` begins: at a line, unless all there ever was fits. */
  tail(bytes: number): number {
    const from = Math.max(this.base, this.end - bytes);
    return bytes === 0 ? this.end : this.lineStart(from);
  }

  /** The size changes here, between the last byte and the next. */
  mark(cols: number, rows: number): void {
    // A later size at the same offset makes the earlier one invisible.
    if (this.marks.at(-1)?.offset === this.end) this.marks.pop();
    this.marks.push({ number: ++this.lastNumber, offset: this.end, cols, rows });
    if (this.marks.length > MAX_MARKS) this.fold();
  }

  /** The next mark after number `seen`, if any. */
  markAfter(seen: number): SizeMark | undefined {
    return this.marks.find((mark) => mark.number > seen);
  }

  /** Size in force at `offset`, and the number of its mark (0: the first size). */
  sizeAt(offset: number): { number: number; cols: number; rows: number } {
    const mark = this.marks.findLast((m) => m.offset <= offset);
    return mark ?? { number: 0, ...this.first };
  }

  private dropFirst(): void {
    this.pages.shift();
    this.base += this.pageSize;
    while ((this.marks[0]?.offset ?? Infinity) < this.base) this.fold();
  }

  private fold(): void {
    const mark = this.marks.shift();
    if (mark) this.first = { cols: mark.cols, rows: mark.rows };
  }
}
