import { z } from 'zod';
import { EVENT_PAYLOADS, EVENT_TYPES } from './event-payloads.js';

const CURSOR = /^\d{1,20}-\d{1,19}$/;

function eventOf(type: (typeof EVENT_TYPES)[number]) {
  const payload: z.ZodType = EVENT_PAYLOADS[type];
  return z.object({
    /** Place in the feed: `id` of the stream, to resume after. */
    cursor: z.string().regex(CURSOR),
    type: z.literal(type),
    sandboxId: z.string().nullable(),
    userId: z.string().nullable(),
    cohortId: z.string().nullable(),
    payload,
    at: z.iso.datetime(),
  });
}

/** JSON Schema (2020-12) of each event by its type, and of the body of a webhook. */
export function eventSchemas(): Record<string, unknown> {
  const schemaOf = (type: (typeof EVENT_TYPES)[number]) => {
    const { $schema: _dialect, ...rest } = z.toJSONSchema(eventOf(type), { io: 'input' });
    return rest;
  };
  const events = EVENT_TYPES.map((type) => [type, schemaOf(type)]);
  const refs = EVENT_TYPES.map((type) => ({ $ref: `#/$defs/${type}` }));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'An event of the feed: what /v1/events streams, and what webhooks carry as `data`',
    oneOf: refs,
    $defs: {
      ...(Object.fromEntries(events) as Record<string, unknown>),
      webhook: {
        title: 'The body of a webhook',
        type: 'object',
        properties: {
          type: { enum: EVENT_TYPES },
          timestamp: { type: 'string', format: 'date-time' },
          data: { oneOf: refs },
        },
        required: ['type', 'timestamp', 'data'],
      },
    },
  };
}
