import type { FeedEvent } from '../events/feed.js';

/** Why an endpoint gets nothing: its platform wanted it so, nothing arrived for days, or it answered 410. */
export type DisabledWhy = 'asked' | 'failing' | 'gone';

export interface Endpoint {
  tenantId: string;
  id: string;
  url: string;
  description: string;
  /** Sealed. */
  secret: string;
  types: string[];
  createdAt: Date;
  failingSince: Date | null;
  disabledAt: Date | null;
  disabledWhy: DisabledWhy | null;
}

export type DeliveryStatus = 'pending' | 'delivered' | 'dead';

export interface Delivery {
  event: FeedEvent;
  /** Number of the delivery at its endpoint. */
  n: number;
  status: DeliveryStatus;
  attempts: number;
  since: Date;
  nextAt: Date;
  lastStatus: number | null;
  lastError: string | null;
  deliveredAt: Date | null;
}

/** Equal for all tries and all endpoints: the event's place in the feed. */
export function messageId(event: FeedEvent): string {
  return `evt_${event.cursor}`;
}

/** The body: type and time as Standard Webhooks has them, and the event exactly as the feed gives it. */
export function messageBody(event: FeedEvent): string {
  return JSON.stringify({ type: event.type, timestamp: event.at, data: event });
}
