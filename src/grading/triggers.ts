/** After a newline the command has first to run, then the kernel to settle; slow commands get the later looks. */
const ENTER_LOOKS_MS = [100, 400, 900, 2000];
/** Looks closer together than this are one. */
const COALESCE_MS = 60;
const BUSY_POLL_MS = 750;
const BUSY_FOR_MS = 30_000;
const ATTACHED_POLL_MS = 5000;
const DETACHED_POLL_MS = 60_000;
const DETACHED_AFTER_MS = 5 * 60_000;

/** One change in a cluster is several events: the look waits for a pause between them, but not for long. */
const EVENT_PAUSE_MS = 150;
const EVENT_MOST_MS = 400;

/** When to look next. Pure: it is told the time, and holds no timer. */
export class TriggerSchedule {
  private due: number[] = [];
  private lastEnter = -Infinity;
  private attachments = 0;
  private detachedSince: number;
  private lastLook: number;
  private firstEvent = Infinity;
  private eventDue = Infinity;

  constructor(now: number) {
    this.detachedSince = now;
    this.lastLook = now;
    this.due = [now];
  }

  enter(now: number): void {
    this.lastEnter = now;
    for (const ms of ENTER_LOOKS_MS) this.at(now + ms);
  }

  /** The cluster told of a change. */
  event(now: number): void {
    this.firstEvent = Math.min(this.firstEvent, now);
    this.eventDue = Math.min(now + EVENT_PAUSE_MS, this.firstEvent + EVENT_MOST_MS);
  }

  attached(count: number, now: number): void {
    if (count === 0 && this.attachments > 0) this.detachedSince = now;
    if (count > 0 && this.attachments === 0) this.at(now);
    this.attachments = count;
  }

  /** Asks for one look at a time, unless one is due close by. */
  at(time: number): void {
    if (!this.due.some((t) => Math.abs(t - time) < COALESCE_MS)) this.due.push(time);
  }

  looked(now: number): void {
    this.lastLook = now;
    this.due = this.due.filter((t) => t > now);
    this.firstEvent = Infinity;
    this.eventDue = Infinity;
  }

  /** `restless`: something is holding or about to regress, and short gaps matter. */
  next(now: number, restless: boolean): number {
    return Math.min(this.lastLook + this.pollMs(now, restless), this.eventDue, ...this.due);
  }

  /** Whether residents are worth keeping until the next look. */
  idle(now: number): boolean {
    return this.pollMs(now, false) >= DETACHED_POLL_MS;
  }

  private pollMs(now: number, restless: boolean): number {
    if (restless || now - this.lastEnter < BUSY_FOR_MS) return BUSY_POLL_MS;
    if (this.attachments > 0 || now - this.detachedSince < DETACHED_AFTER_MS) return ATTACHED_POLL_MS;
    return DETACHED_POLL_MS;
  }
}
