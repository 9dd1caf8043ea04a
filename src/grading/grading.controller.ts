import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { z } from 'zod';
import { AuditLog } from '../audit/audit-log.js';
import { assertScope } from '../auth/access.js';
import { CurrentPrincipal, type Principal } from '../auth/current-principal.js';
import type { Clock } from '../common/clock.js';
import { CLOCK } from '../common/clock.token.js';
import { AppError } from '../common/errors/app-error.js';
import { openSse } from '../http/sse.js';
import { sandboxId } from '../sandbox/sandbox.schema.js';
import { CheckLimit } from './check-limit.js';
import { GradingRepository } from './grading.repository.js';
import * as schema from './grading.schema.js';
import { GradingService } from './grading.service.js';
import { isShown } from './picture.js';
import { progressView } from './progress-view.js';
import { evidenceSchema, progressSchema, runsSchema, type Progress } from './progress.js';
import { streamProgress } from './progress-stream.js';
import type { RunActor } from './run-actor.js';

type LocaleQuery = z.infer<typeof schema.progressQuery>;

/** Learners act on their own runs; platforms need the scope. */
function may(principal: Principal, scope: 'sandboxes:read' | 'sandboxes:write'): void {
  if (principal.kind !== 'learner') assertScope(principal, scope);
}

function refuse(why: string | undefined): void {
  if (why !== undefined) throw new AppError('conflict', why);
}

function assertObjective(actor: RunActor, id: string): void {
  if (actor.run.objectives.has(id)) return;
  throw new AppError('not_found', `This run has no objective "${id}".`);
}

@ApiTags('progress')
@ApiBearerAuth()
@Controller('v1/sandboxes/:id/progress')
export class GradingController {
  private readonly checks = new CheckLimit();

  constructor(
    private readonly grading: GradingService,
    private readonly repository: GradingRepository,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly audit: AuditLog,
  ) {}

  /** Progress of now; with `Accept: text/event-stream` a stream of `progress` and `objective` events. */
  @Get()
  @ApiProduces('application/json', 'text/event-stream')
  @ApiResponse({ status: 200, standardSchema: progressSchema })
  async get(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: sandboxId }) id: string,
    @Query({ schema: schema.progressQuery }) query: LocaleQuery,
    @Headers('accept') accept: string | undefined,
    @Res() response: Response,
  ): Promise<void> {
    may(principal, 'sandboxes:read');
    const actor = await this.grading.find(principal, id);
    const locale = await this.locale(actor, query);
    if (!accept?.includes('text/event-stream')) {
      response.json(this.view(principal, actor, locale));
      return;
    }
    streamProgress({
      stream: openSse(response),
      view: () => this.view(principal, actor, locale),
      watch: (listener) => this.grading.watch(id, listener),
    });
  }

  /** Looks at everything that is unblocked now, at most once per two seconds. */
  @Post('check')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: progressSchema })
  async check(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: sandboxId }) id: string,
    @Query({ schema: schema.progressQuery }) query: LocaleQuery,
  ): Promise<Progress> {
    may(principal, 'sandboxes:write');
    const actor = await this.grading.findLiving(principal, id);
    this.checks.take(id, this.clock.monotonic());
    await actor.check();
    return this.view(principal, actor, await this.locale(actor, query));
  }

  /**
   * Looks once more, then freezes the score. Twice equals once. Where something cannot be judged for a fault of ours, it is
   * asked for half a minute more before the answer.
   */
  @Post('final')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: progressSchema })
  async final(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: sandboxId }) id: string,
    @Query({ schema: schema.progressQuery }) query: LocaleQuery,
  ): Promise<Progress> {
    may(principal, 'sandboxes:write');
    const actor = await this.grading.findLiving(principal, id);
    await actor.freeze();
    return this.view(principal, actor, await this.locale(actor, query));
  }

  /** Takes a hint: its text is in the answer's objective from now on, and its cost in the score. */
  @Post('objectives/:objective/hints/:n')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: progressSchema })
  async hint(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: sandboxId }) id: string,
    @Param('objective', { schema: schema.objectiveParam }) objectiveId: string,
    @Param('n', { schema: schema.hintParam }) n: number,
    @Query({ schema: schema.progressQuery }) query: LocaleQuery,
  ): Promise<Progress> {
    may(principal, 'sandboxes:write');
    const actor = await this.grading.findLiving(principal, id);
    const objective = actor.run.lab.spec.objectives.find((o) => o.id === objectiveId);
    if (!objective?.hints[n - 1])
      throw new AppError('not_found', `The objective "${objectiveId}" has no hint ${n}.`);
    refuse(await actor.deeds.takeHint(objectiveId, n - 1));
    return this.view(principal, actor, await this.locale(actor, query));
  }

  /** A failed objective is pending again and its clocks begin anew, as often as the lab allows. */
  @Post('objectives/:objective/retry')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: progressSchema })
  async retry(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: sandboxId }) id: string,
    @Param('objective', { schema: schema.objectiveParam }) objectiveId: string,
    @Query({ schema: schema.progressQuery }) query: LocaleQuery,
  ): Promise<Progress> {
    may(principal, 'sandboxes:write');
    const actor = await this.grading.findLiving(principal, id);
    assertObjective(actor, objectiveId);
    refuse(await actor.deeds.retry(objectiveId));
    actor.lookSoon();
    return this.view(principal, actor, await this.locale(actor, query));
  }

  /** A person's word counts in place of what was observed, also after the freeze; `clear` takes it back. */
  @Post('objectives/:objective/override')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: progressSchema })
  async override(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: sandboxId }) id: string,
    @Param('objective', { schema: schema.objectiveParam }) objectiveId: string,
    @Query({ schema: schema.progressQuery }) query: LocaleQuery,
    @Body({ schema: schema.overrideSchema }) body: z.infer<typeof schema.overrideSchema>,
  ): Promise<Progress> {
    assertScope(principal, 'grades:write');
    const actor = await this.grading.find(principal, id);
    assertObjective(actor, objectiveId);
    const state = 'clear' in body ? null : body.state;
    const reason = body.reason ?? '';
    const judge = { by: body.by ?? principal.subject, actor: principal.subject };
    refuse(await actor.deeds.decide(objectiveId, { ...judge, state, reason }));
    actor.lookSoon();
    this.audited(principal, 'grading.overridden', id, {
      objective: objectiveId,
      state,
      reason,
      by: judge.by,
    });
    return this.view(principal, actor, await this.locale(actor, query));
  }

  /** Lets a provisional score stand. */
  @Post('confirm')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: progressSchema })
  async confirm(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: sandboxId }) id: string,
    @Query({ schema: schema.progressQuery }) query: LocaleQuery,
    @Body({ schema: schema.confirmSchema }) body: z.infer<typeof schema.confirmSchema>,
  ): Promise<Progress> {
    assertScope(principal, 'grades:write');
    const actor = await this.grading.find(principal, id);
    const by = body.by ?? principal.subject;
    refuse(await actor.deeds.confirm({ by, actor: principal.subject }));
    this.audited(principal, 'grading.confirmed', id, { by });
    return this.view(principal, actor, await this.locale(actor, query));
  }

  /** The runs of this learner and lab that are over, the newest first. */
  @Get('runs')
  @ApiResponse({ status: 200, standardSchema: runsSchema })
  async runs(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: sandboxId }) id: string,
  ): Promise<z.infer<typeof runsSchema>> {
    may(principal, 'sandboxes:read');
    return { items: await this.grading.runsLike(principal, id) };
  }

  /** What was observed when an objective changed its state. Of a hidden objective, only platforms may read it. */
  @Get('evidence/:evidence')
  @ApiResponse({ status: 200, standardSchema: evidenceSchema })
  async evidence(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: sandboxId }) id: string,
    @Param('evidence', { schema: schema.evidenceParam }) evidenceId: string,
  ): Promise<z.infer<typeof evidenceSchema>> {
    may(principal, 'sandboxes:read');
    const actor = await this.grading.find(principal, id);
    const row = await this.repository.evidence(id, evidenceId);
    const objective = actor.run.lab.spec.objectives.find((o) => o.id === row?.objectiveId);
    const shown = principal.kind !== 'learner' || isShown(actor, evidenceId);
    if (!row || !shown || (principal.kind === 'learner' && objective?.hidden)) {
      throw new AppError('not_found', 'There is no such evidence in this sandbox.');
    }
    const body = row.body as z.infer<typeof evidenceSchema>['body'];
    return { id: row.id, objective: row.objectiveId, at: row.at.toISOString(), body };
  }

  /** Asked for, else of the learner's profile, else the lab's first. */
  private async locale(actor: RunActor, query: LocaleQuery): Promise<string | undefined> {
    return query.locale ?? (await this.repository.localeOf(actor.who.tenantId, actor.who.userId));
  }

  private audited(
    principal: Principal,
    action: 'grading.overridden' | 'grading.confirmed',
    subject: string,
    detail: Record<string, string | null>,
  ): void {
    this.audit.record({ tenantId: principal.tenantId, actor: principal.subject, action, subject, detail });
  }

  private view(principal: Principal, actor: RunActor, locale: string | undefined): Progress {
    const { run, who, store } = actor;
    const { frozen, shown } = store;
    const time = { now: actor.now(), wall: this.clock.now() };
    const reader = principal.kind === 'learner' ? 'learner' : 'staff';
    return progressView({ run, sandboxId: who.sandboxId, ...time, frozen, shown, reader }, locale);
  }
}
