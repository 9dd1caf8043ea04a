import { randomBytes } from 'node:crypto';

const MAX_KEPT = 2000;

export interface Numbered<T> {
  id: string;
  news: T;
}

/** The last changes of a board under ids that a reader can resume after; ids of another journal are unknown. */
export class Journal<T> {
  private readonly epoch = randomBytes(6).toString('hex');
  private readonly kept: T[] = [];
  private count = 0;

  constructor(private readonly most = MAX_KEPT) {}

  add(news: T): Numbered<T> {
    this.kept.push(news);
    if (this.kept.length > this.most) this.kept.shift();
    this.count++;
    return { id: this.head, news };
  }

  get head(): string {
    return `${this.epoch}-${this.count}`;
  }

  /** What came after this id; undefined = it cannot be said any more. */
  after(id: string): Numbered<T>[] | undefined {
    const found = /^([0-9a-f]{12})-(\d{1,15})$/.exec(id);
    const at = Number(found?.[2]);
    const first = this.count - this.kept.length;
    if (found?.[1] !== this.epoch || at < first || at > this.count) return undefined;
    return this.kept.slice(at - first).map((news, i) => ({ id: `${this.epoch}-${at + i + 1}`, news }));
  }
}
