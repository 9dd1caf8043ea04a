import type { Clock } from '../common/clock.js';
import type { Logger } from '../common/logger.js';
import type { Bus } from '../events/bus.js';
import type { AddressGuard } from './address-guard.js';
import type { DeliveryRepository } from './delivery.repository.js';
import type { EndpointRepository } from './endpoint.repository.js';
import { Line } from './line.js';
import type { SecretBox } from './sealed-secret.js';
import type { DisabledWhy, Endpoint } from './webhook.js';

/** A row of a transaction that was open at the last read shows up without a signal of its own. */
const POLL_MS = 1000;
/** What comes in a burst is read at once. */
const GATHER_MS = 50;

export interface DelivererDeps {
  endpoints: EndpointRepository;
  deliveries: DeliveryRepository;
  guard: AddressGuard;
  secrets: SecretBox;
  bus: Bus;
  clock: Clock;
  logger: Logger;
  random: () => number;
  /** Tells the tenant that an endpoint gets nothing from now on. */
  notice: (endpoint: Endpoint, why: DisabledWhy) => Promise<void>;
}

/**
 * Turns the feed into deliveries and sends them, at least once and in order per sandbox. All that must survive is in the
 * database; there is one service to a database (InstanceLock), so nobody else sends the same at the same time.
 */
export class Deliverer {
  private readonly lines = new Map<string, Line>();
  private cancels: (() => void)[] = [];
  private stopped = false;
  private gathering = false;
  private reading: Promise<void> | undefined;

  constructor(private readonly d: DelivererDeps) {}

  async start(): Promise<void> {
    for (const endpoint of await this.d.endpoints.enabled()) await this.put(endpoint);
    this.cancels.push(this.d.bus.on('feed.appended', () => this.gather()));
    this.poll();
  }

  /** In-flight requests are cut and not counted; the next start sends them again. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const cancel of this.cancels) cancel();
    await Promise.all([this.reading, ...[...this.lines.values()].map((line) => line.stop())]);
  }

  /** An endpoint is new or was changed; `restarted` = what waits for it is due now. */
  async put(endpoint: Endpoint, restarted = false): Promise<void> {
    const known = this.lines.get(endpoint.id);
    if (known) {
      known.change(endpoint);
      if (!restarted) return;
    }
    const line = known ?? new Line(endpoint, this.d);
    this.lines.set(endpoint.id, line);
    line.add(await this.d.deliveries.pendingLanes(endpoint.id));
    this.gather();
  }

  remove(endpointId: string): void {
    this.lines.get(endpointId)?.pause();
    this.lines.delete(endpointId);
  }

  wake(endpointId: string, lane: string): void {
    this.lines.get(endpointId)?.add([lane]);
  }

  private poll(): void {
    const cancel = this.d.clock.after(POLL_MS, () => {
      this.gather();
      this.poll();
    });
    this.cancels = [this.cancels[0]!, cancel];
  }

  private gather(): void {
    if (this.gathering || this.stopped || this.lines.size === 0) return;
    this.gathering = true;
    this.d.clock.after(GATHER_MS, () => {
      // What is signalled during the read starts another.
      this.gathering = false;
      this.reading = (this.reading ?? Promise.resolve()).then(() => this.read());
    });
  }

  private async read(): Promise<void> {
    for (const line of this.lines.values()) {
      if (!line.enabled) continue;
      try {
        for (let more = true; more && !this.stopped;) {
          const now = new Date(this.d.clock.now());
          const read = await this.d.deliveries.fanOut(line.endpoint.id, now);
          line.add(read.lanes);
          more = read.more;
        }
      } catch (error) {
        // The cursor did not move: the next poll reads the same.
        this.d.logger.warn({ err: error, endpoint: line.endpoint.id }, 'webhooks could not read the feed');
      }
    }
  }
}
