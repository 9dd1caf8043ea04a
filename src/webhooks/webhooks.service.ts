import { randomBytes } from 'node:crypto';
import type { AuditAction, AuditLog } from '../audit/audit-log.js';
import type { Principal } from '../auth/principal.js';
import type { Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { newId } from '../common/ids.js';
import type { Feed } from '../events/feed.js';
import type { AddressGuard } from './address-guard.js';
import type { Deliverer } from './deliverer.js';
import type { DeliveryRepository } from './delivery.repository.js';
import type { EndpointFields, EndpointRepository } from './endpoint.repository.js';
import { type Outcome, post } from './post.js';
import type { SecretBox } from './sealed-secret.js';
import { newSigningSecret, signedHeaders } from './signature.js';
import { type Delivery, type Endpoint, messageBody } from './webhook.js';

const MAX_ENDPOINTS = 20;

export interface WebhookDeps {
  endpoints: EndpointRepository;
  deliveries: DeliveryRepository;
  deliverer: Deliverer;
  guard: AddressGuard;
  secrets: SecretBox;
  feed: Feed;
  clock: Clock;
  audit: AuditLog;
}

/** What platforms ask of their endpoints. Those of other tenants are not there. */
export class WebhooksService {
  constructor(private readonly d: WebhookDeps) {}

  list(tenantId: string): Promise<Endpoint[]> {
    return this.d.endpoints.list(tenantId);
  }

  /** Gets what happens from now on. The secret is in this answer alone. */
  async create(principal: Principal, wish: EndpointFields): Promise<{ endpoint: Endpoint; secret: string }> {
    const { endpoints, secrets, feed, deliverer } = this.d;
    const { tenantId } = principal;
    await this.checkUrl(wish.url);
    if ((await endpoints.list(tenantId)).length >= MAX_ENDPOINTS)
      throw new AppError(
        'quota_exceeded',
        `There are ${MAX_ENDPOINTS} webhooks already: delete one that is not used.`,
      );
    const id = newId('whe');
    const secret = newSigningSecret();
    const cursor = await feed.head();
    const sealed = secrets.seal(secret, id);
    const endpoint = await endpoints.create({ tenantId, id, ...wish, secret: sealed, cursor });
    await deliverer.put(endpoint);
    this.record(principal, 'webhook.created', id, { url: wish.url });
    return { endpoint, secret };
  }

  async get(tenantId: string, id: string): Promise<Endpoint> {
    const endpoint = await this.d.endpoints.find(tenantId, id);
    if (!endpoint) throw new AppError('not_found', 'There is no webhook with this id.');
    return endpoint;
  }

  /** Enabled again, it gets what happened meanwhile, as far as the feed reaches back; what waits has its 24 h anew. */
  async change(
    principal: Principal,
    id: string,
    wish: Partial<EndpointFields> & { enabled?: boolean },
  ): Promise<Endpoint> {
    const { endpoints, deliveries, deliverer } = this.d;
    const before = await this.get(principal.tenantId, id);
    const { enabled, ...fields } = wish;
    if (fields.url !== undefined) await this.checkUrl(fields.url);
    if (Object.keys(fields).length > 0) await endpoints.update(id, fields);
    const now = new Date(this.d.clock.now());
    const starts = enabled === true && before.disabledAt !== null;
    if (enabled === false) await endpoints.disable(id, 'asked', now);
    if (starts) {
      await endpoints.enable(id);
      await deliveries.restart(id, now);
    }
    const after = await this.get(principal.tenantId, id);
    await deliverer.put(after, starts);
    this.record(principal, 'webhook.changed', id, { url: after.url, enabled: after.disabledAt === null });
    return after;
  }

  /** What waits for it is dropped. */
  async delete(principal: Principal, id: string): Promise<void> {
    const { url } = await this.get(principal.tenantId, id);
    this.d.deliverer.remove(id);
    await this.d.endpoints.delete(id);
    this.record(principal, 'webhook.deleted', id, { url });
  }

  async redeliver(principal: Principal, id: string, n: number): Promise<Delivery> {
    const { deliveries, deliverer, clock } = this.d;
    await this.get(principal.tenantId, id);
    const found = await deliveries.again(id, n, new Date(clock.now()));
    const [delivery] = await deliveries.page(id, { limit: 1, n });
    if (!found || !delivery)
      throw new AppError(
        'not_found',
        'There is no delivery with this number; they are kept as long as the feed, 7 days.',
      );
    deliverer.wake(id, found.lane);
    this.record(principal, 'webhook.redelivered', id, { n });
    return delivery;
  }

  /** Sends one signed message at once, also to an endpoint that is disabled, and tells what came back. */
  async test(tenantId: string, id: string): Promise<Outcome> {
    const endpoint = await this.get(tenantId, id);
    const secret = this.d.secrets.open(endpoint.secret, id);
    if (secret === undefined)
      throw new AppError(
        'conflict',
        'The signing secret cannot be read, as the secret of the service is another now: delete the webhook and make it anew.',
      );
    const at = this.d.clock.now();
    const body = messageBody({
      cursor: '0-0',
      type: 'webhook.test',
      sandboxId: null,
      userId: null,
      cohortId: null,
      payload: {},
      at: new Date(at).toISOString(),
    });
    const headers = signedHeaders({ secret, id: `test_${randomBytes(12).toString('hex')}`, at, body });
    return post({ url: new URL(endpoint.url), headers, body, guard: this.d.guard });
  }

  private async checkUrl(url: string): Promise<void> {
    const problem = await this.d.guard.problem(new URL(url));
    if (problem === undefined) return;
    const errors = [{ path: 'url', message: problem }];
    throw new AppError('validation_failed', `url: ${problem}`, { errors });
  }

  private record(
    { tenantId, subject }: Principal,
    action: AuditAction,
    id: string,
    detail: Record<string, string | number | boolean>,
  ): void {
    this.d.audit.record({ tenantId, actor: subject, action, subject: id, detail });
  }
}
