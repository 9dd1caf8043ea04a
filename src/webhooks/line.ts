import type { DelivererDeps } from './deliverer.js';
import { LaneSchedule } from './lane-schedule.js';
import { type Outcome, post } from './post.js';
import { nextTry } from './retry-schedule.js';
import { signedHeaders } from './signature.js';
import { type Delivery, type DisabledWhy, type Endpoint, messageBody, messageId } from './webhook.js';

const AT_ONCE = 8;
/** Nothing arrived for so long: the platform has gone, or has forgotten that it asked for this. */
export const DISABLE_AFTER_MS = 3 * 86_400_000;
const GONE = 410;
/** Before the database is asked again after it failed. */
const DATABASE_PAUSE_MS = 2000;

/** Sends to one endpoint. */
export class Line {
  enabled: boolean;
  private readonly schedule = new LaneSchedule(AT_ONCE);
  private readonly inFlight = new Set<Promise<void>>();
  private readonly abort = new AbortController();
  private readonly unreached = new Set<string>();
  private cancelTimer: (() => void) | undefined;

  constructor(
    public endpoint: Endpoint,
    private readonly d: DelivererDeps,
  ) {
    this.enabled = endpoint.disabledAt === null;
  }

  change(endpoint: Endpoint): void {
    this.endpoint = endpoint;
    this.enabled = endpoint.disabledAt === null;
    this.pump();
  }

  /** These lanes have something to send. */
  add(lanes: string[]): void {
    const now = this.d.clock.now();
    for (const lane of lanes) this.schedule.add(lane, now);
    this.pump();
  }

  /** What is in flight is finished. */
  pause(): void {
    this.enabled = false;
    this.cancelTimer?.();
  }

  async stop(): Promise<void> {
    this.pause();
    this.abort.abort();
    await Promise.all(this.inFlight);
  }

  private pump(): void {
    this.cancelTimer?.();
    if (!this.enabled) return;
    const { clock } = this.d;
    for (const lane of this.schedule.take(clock.now())) {
      const work = this.work(lane).finally(() => this.inFlight.delete(work));
      this.inFlight.add(work);
    }
    const next = this.schedule.nextAt();
    if (next !== undefined)
      this.cancelTimer = clock.after(Math.max(0, next - clock.now()), () => this.pump());
  }

  private async work(lane: string): Promise<void> {
    let next: number | undefined;
    try {
      next = await this.deliverNext(lane);
    } catch (error) {
      this.d.logger.warn({ err: error, endpoint: this.endpoint.id }, 'a webhook could not be recorded');
      next = this.d.clock.now() + DATABASE_PAUSE_MS;
    }
    this.schedule.done(lane, next);
    this.pump();
  }

  /** One try of the lane's oldest; answers when to look at the lane again, undefined = it is empty. */
  private async deliverNext(lane: string): Promise<number | undefined> {
    const { deliveries, clock } = this.d;
    const head = await deliveries.head(this.endpoint.id, lane);
    if (!head || !this.enabled) return head && clock.now();
    if (head.nextAt.getTime() > clock.now()) return head.nextAt.getTime();
    const outcome = await this.send(head);
    // Cut by the end of the service: nothing is known of it, so nothing is written.
    if (this.abort.signal.aborted && !outcome.ok) return undefined;
    return outcome.ok ? this.arrived(head, outcome) : this.failed(lane, head, outcome);
  }

  private async send(delivery: Delivery): Promise<Outcome> {
    const secret = this.d.secrets.open(this.endpoint.secret, this.endpoint.id);
    if (secret === undefined) {
      const error = 'the signing secret cannot be read any more: make the endpoint anew';
      return { ok: false, status: null, error, retryAfterMs: 0, noConnection: false };
    }
    const body = messageBody(delivery.event);
    return post({
      url: new URL(this.endpoint.url),
      headers: signedHeaders({ secret, id: messageId(delivery.event), at: this.d.clock.now(), body }),
      body,
      guard: this.d.guard,
      signal: this.abort.signal,
    });
  }

  private async arrived(head: Delivery, outcome: Outcome): Promise<number> {
    const { deliveries, endpoints, clock } = this.d;
    const now = new Date(clock.now());
    const { id } = this.endpoint;
    await deliveries.record(id, head.n, {
      status: 'delivered',
      nextAt: now,
      now,
      lastStatus: outcome.status,
      lastError: null,
    });
    if (this.endpoint.failingSince) {
      this.endpoint.failingSince = null;
      await endpoints.setFailing(id, null);
    }
    // It was away and is back: those who found nobody need not wait for their turn.
    const lanes = [...this.unreached];
    this.unreached.clear();
    if (lanes.length > 0) {
      await deliveries.hurry(id, lanes, now);
      for (const lane of lanes) this.schedule.add(lane, now.getTime());
    }
    return now.getTime();
  }

  private async failed(lane: string, head: Delivery, outcome: Outcome): Promise<number | undefined> {
    const { deliveries, endpoints, clock, random } = this.d;
    const now = clock.now();
    const attempts = head.attempts + 1;
    const since = head.since.getTime();
    const next = nextTry({ attempts, since, now, retryAfterMs: outcome.retryAfterMs, random });
    if (outcome.noConnection) this.unreached.add(lane);
    await deliveries.record(this.endpoint.id, head.n, {
      status: next === undefined ? 'dead' : 'pending',
      nextAt: new Date(next ?? now),
      now: new Date(now),
      lastStatus: outcome.status,
      lastError: outcome.error,
    });
    if (!this.endpoint.failingSince) {
      this.endpoint.failingSince = new Date(now);
      await endpoints.setFailing(this.endpoint.id, this.endpoint.failingSince);
    }
    if (outcome.status === GONE) await this.disable('gone', now);
    else if (now - this.endpoint.failingSince.getTime() >= DISABLE_AFTER_MS)
      await this.disable('failing', now);
    // A dead one makes way for the next of its lane.
    return next ?? now;
  }

  private async disable(why: DisabledWhy, now: number): Promise<void> {
    this.pause();
    const at = new Date(now);
    if (!(await this.d.endpoints.disable(this.endpoint.id, why, at))) return;
    this.endpoint = { ...this.endpoint, disabledAt: at, disabledWhy: why };
    this.d.logger.warn({ endpoint: this.endpoint.id, why }, 'a webhook endpoint was disabled');
    await this.d.notice(this.endpoint, why);
  }
}
