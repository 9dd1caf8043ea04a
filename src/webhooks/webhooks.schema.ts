import { z } from 'zod';
import { eventTypeSchema } from '../events/event-payloads.js';
import { pageOf, pageQuery } from '../http/page.js';
import { type Delivery, type Endpoint, messageId } from './webhook.js';

const url = z.url({ protocol: /^https?$/, error: 'must be a URL that begins with https://' }).max(2000);
const description = z.string().max(200);
const types = z.array(eventTypeSchema).max(50);

export const createEndpointSchema = z
  .strictObject({
    url,
    description: description.default(''),
    /** Names of events, or `sandbox.*` for all of a group; empty = all events. */
    types: types.default([]),
  })
  .meta({ id: 'CreateWebhook' });

export const patchEndpointSchema = z
  .strictObject({ url, description, types, enabled: z.boolean() })
  .partial()
  .meta({ id: 'PatchWebhook' });

export const endpointSchema = z
  .object({
    id: z.string(),
    url: z.string(),
    description: z.string(),
    types: z.array(z.string()),
    enabled: z.boolean(),
    disabledAt: z.iso.datetime().nullable(),
    /** asked: by PATCH; failing: nothing arrived for 3 days; gone: it answered 410. */
    disabledWhy: z.enum(['asked', 'failing', 'gone']).nullable(),
    /** The first failure since the last success. */
    failingSince: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Webhook' });
export const newEndpointSchema = endpointSchema.extend({ secret: z.string() }).meta({ id: 'NewWebhook' });
export const endpointList = z.object({ items: z.array(endpointSchema) }).meta({ id: 'WebhookList' });

const status = z.enum(['pending', 'delivered', 'dead']);
export const deliverySchema = z
  .object({
    n: z.int(),
    /** The header webhook-id. */
    id: z.string(),
    type: z.string(),
    sandboxId: z.string().nullable(),
    status,
    attempts: z.int(),
    nextAt: z.iso.datetime().nullable(),
    lastStatus: z.int().nullable(),
    lastError: z.string().nullable(),
    deliveredAt: z.iso.datetime().nullable(),
    at: z.iso.datetime(),
  })
  .meta({ id: 'WebhookDelivery' });
export const deliveryPage = pageOf(deliverySchema).meta({ id: 'WebhookDeliveryPage' });
export const deliveryQuery = pageQuery.extend({
  status: status.optional(),
  cursor: z.coerce.number().int().min(1).optional(),
});

export const testAnswer = z
  .object({ ok: z.boolean(), status: z.int().nullable(), error: z.string().nullable() })
  .meta({ id: 'WebhookTest' });

export const endpointId = z.string().max(64);
export const deliveryNumber = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

export function toEndpoint(e: Endpoint): z.infer<typeof endpointSchema> {
  return {
    id: e.id,
    url: e.url,
    description: e.description,
    types: e.types,
    enabled: e.disabledAt === null,
    disabledAt: e.disabledAt?.toISOString() ?? null,
    disabledWhy: e.disabledWhy,
    failingSince: e.failingSince?.toISOString() ?? null,
    createdAt: e.createdAt.toISOString(),
  };
}

export function toDelivery(d: Delivery): z.infer<typeof deliverySchema> {
  return {
    n: d.n,
    id: messageId(d.event),
    type: d.event.type,
    sandboxId: d.event.sandboxId,
    status: d.status,
    attempts: d.attempts,
    nextAt: d.status === 'pending' ? d.nextAt.toISOString() : null,
    lastStatus: d.lastStatus,
    lastError: d.lastError,
    deliveredAt: d.deliveredAt?.toISOString() ?? null,
    at: d.event.at,
  };
}
