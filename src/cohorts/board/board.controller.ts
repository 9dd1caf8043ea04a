import { Controller, Get, Headers, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { z } from 'zod';
import { CurrentPrincipal, type Principal } from '../../auth/current-principal.js';
import type { Clock } from '../../common/clock.js';
import { CLOCK } from '../../common/clock.token.js';
import { Bus } from '../../events/bus.js';
import type { Cohort } from '../cohort.js';
import { seenCohort } from '../cohort-access.js';
import { CohortBook } from '../cohort-book.js';
import { cohortRef } from '../cohort.schema.js';
import { MemberRepository } from '../member.repository.js';
import type { Board } from './board.js';
import { boardCsv } from './board-export.js';
import { filterRows, sortRows } from './board-filter.js';
import { titlesOf } from './board-labs.js';
import * as schema from './board.schema.js';
import { streamBoard } from './board-stream.js';
import { Boards } from './boards.js';

@ApiTags('cohorts')
@ApiBearerAuth()
@Controller('v1/cohorts/:cohort')
export class BoardController {
  constructor(
    private readonly book: CohortBook,
    private readonly boards: Boards,
    private readonly members: MemberRepository,
    private readonly bus: Bus,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Every learner in every lab of the cohort. With `Accept: text/event-stream`: `snapshot` and `rows`, then `delta` (rows
   * by key: fields that changed, and of `cells` only those that did), `aggregates` and `action`; `Last-Event-ID` resumes.
   */
  @Get('board')
  @ApiProduces('application/json', 'text/event-stream')
  @ApiResponse({ status: 200, standardSchema: schema.boardSchema })
  async get(
    @CurrentPrincipal() principal: Principal,
    @Param('cohort', { schema: cohortRef }) ref: string,
    @Query({ schema: schema.boardQuery }) query: z.infer<typeof schema.boardQuery>,
    @Headers('accept') accept: string | undefined,
    @Headers('last-event-id') lastId: string | undefined,
    @Res() response: Response,
  ): Promise<void> {
    const cohort = seenCohort(this.book, principal, ref);
    const board = await this.boards.of(cohort);
    const { lab, group, locale } = query;
    if (!accept?.includes('text/event-stream')) {
      const rows = sortRows(filterRows(board.rows(), query), query.sort, query.order);
      response.json({ ...this.head(cohort, board, locale), rows, aggregates: board.aggregates() });
      return;
    }
    const head = () => this.head(cohort, board, locale);
    const stream = streamBoard({ board, response, filter: { lab, group }, head, lastId });
    stream.onClose(
      this.bus.on('cohort.action', ({ cohortId, ...news }) => {
        if (cohortId === cohort.id) stream.send('action', news);
      }),
    );
    this.endWithRight(principal, cohort, stream);
  }

  /** The board as a file; text that a spreadsheet would take for a formula is made harmless. */
  @Get('export')
  @ApiProduces('text/csv', 'application/json')
  @ApiResponse({ status: 200, standardSchema: schema.boardSchema })
  async export(
    @CurrentPrincipal() principal: Principal,
    @Param('cohort', { schema: cohortRef }) ref: string,
    @Query({ schema: schema.exportQuery }) query: z.infer<typeof schema.exportQuery>,
    @Res() response: Response,
  ): Promise<void> {
    const cohort = seenCohort(this.book, principal, ref);
    const board = await this.boards.of(cohort);
    const rows = filterRows(board.rows(), query);
    response.setHeader('Content-Disposition', `attachment; filename="${cohort.slug}.${query.format}"`);
    if (query.format === 'json') {
      response.json({ ...this.head(cohort, board, query.locale), rows, aggregates: board.aggregates() });
      return;
    }
    const labs = board.labs().filter(({ slug }) => query.lab === undefined || slug === query.lab);
    const objectives = [...new Set(labs.flatMap((lab) => lab.objectives.map(({ id }) => id)))];
    response.type('text/csv; charset=utf-8').send(boardCsv(rows, objectives));
  }

  private head(cohort: Cohort, board: Board, locale: string | undefined) {
    const { id, slug, title } = cohort;
    return {
      cohort: { id, slug, title },
      at: new Date(this.clock.now()).toISOString(),
      labs: board.labs().map((lab) => titlesOf(lab, locale)),
    };
  }

  /** Whoever is taken out of the cohort sees no more of it. */
  private endWithRight(
    principal: Principal,
    cohort: Cohort,
    stream: { close(): void; onClose(run: () => void): void },
  ) {
    const stops = [
      this.bus.on('credential.revoked', ({ subject }) => subject === principal.subject && stream.close()),
      this.bus.on('cohort.members', ({ cohortId }) => {
        if (cohortId !== cohort.id || principal.kind !== 'instructor' || !principal.userId) return;
        void this.members
          .find(cohort.id, principal.userId)
          .then((member) => member?.role !== 'instructor' && stream.close())
          .catch(() => stream.close());
      }),
    ];
    stream.onClose(() => stops.forEach((stop) => stop()));
  }
}
