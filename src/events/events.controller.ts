import { Controller, Get, Headers, Inject, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { assertScope } from '../auth/access.js';
import { CurrentPrincipal, type Principal } from '../auth/current-principal.js';
import type { Logger } from '../common/logger.js';
import { LOGGER } from '../common/logger.token.js';
import { openSse } from '../http/sse.js';
import { Bus } from './bus.js';
import { eventTypeSchema } from './event-payloads.js';
import { followFeed } from './feed-stream.js';
import { Feed, type FeedFilter } from './feed.js';
import { OpenStreams } from './open-streams.js';

const query = z.object({
  sandbox: z.string().max(64).optional(),
  /** Id of a cohort. */
  cohort: z.string().max(64).optional(),
  /** Names of events or groups (`sandbox.*`), separated by commas. */
  types: z
    .string()
    .max(2000)
    .transform((text) => text.split(','))
    .pipe(z.array(eventTypeSchema))
    .optional(),
});

/** Learners see their own events, instructors those of the cohorts that they teach, platforms all of their tenant. */
function filterOf(principal: Principal, q: z.infer<typeof query>): FeedFilter {
  const { kind, tenantId, userId, taught } = principal;
  if (kind === 'platform' || kind === 'operator') assertScope(principal, 'events:read');
  const seen = kind === 'instructor' ? [...(taught ?? [])] : undefined;
  const cohortIds = q.cohort === undefined ? seen : (seen ?? [q.cohort]).filter((id) => id === q.cohort);
  return {
    tenantId,
    ...(kind === 'learner' && userId !== undefined ? { userId } : {}),
    ...(q.sandbox === undefined ? {} : { sandboxId: q.sandbox }),
    ...(cohortIds === undefined ? {} : { cohortIds }),
    ...(q.types === undefined ? {} : { types: q.types }),
  };
}

@ApiTags('events')
@ApiBearerAuth()
@Controller('v1/events')
export class EventsController {
  private readonly streams: OpenStreams;

  constructor(
    private readonly feed: Feed,
    private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.streams = new OpenStreams(bus);
  }

  /**
   * The feed of what the caller may see. `Last-Event-ID` resumes within 7 days, else one `reset` event comes first: what
   * was missed has to be asked for. The first block only carries an id, so that a stream that broke before its first event
   * resumes, too. Shapes of the events: /v1/schemas/events.json.
   */
  @Get()
  @ApiProduces('text/event-stream')
  @ApiResponse({ status: 200, description: 'server-sent events: id is the cursor, event the type' })
  async stream(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: query }) q: z.infer<typeof query>,
    @Headers('last-event-id') lastId: string | undefined,
    @Res() response: Response,
  ): Promise<void> {
    const filter = filterOf(principal, q);
    this.streams.assertRoom(principal);
    const resumable = lastId !== undefined && (await this.feed.knows(lastId));
    const cursor = resumable ? lastId : await this.feed.head();
    const stream = openSse(response);
    this.streams.add(principal, stream);
    const { tenantId, userId } = filter;
    if (userId !== undefined) {
      this.bus.emit('learner.listening', { tenantId, userId, change: 1 });
      stream.onClose(() => this.bus.emit('learner.listening', { tenantId, userId, change: -1 }));
    }
    if (lastId !== undefined && !resumable) stream.send('reset', { cursor }, cursor);
    if (lastId === undefined) stream.mark(cursor);
    followFeed({ feed: this.feed, bus: this.bus, stream, filter, cursor, logger: this.logger });
  }
}
