import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { assertScope } from '../auth/access.js';
import { CurrentPrincipal, type Principal } from '../auth/current-principal.js';
import { AppError } from '../common/errors/app-error.js';
import { sandboxId, sandboxSchema } from '../sandbox/sandbox.schema.js';
import { SandboxService } from '../sandbox/sandbox.service.js';
import { actionAnswer, actionSchema, type CohortAction } from './action.schema.js';
import { CohortActions } from './actions.js';
import { seenCohort } from './cohort-access.js';
import { CohortBook } from './cohort-book.js';
import { cohortRef } from './cohort.schema.js';

const handSchema = z
  .strictObject({ raised: z.boolean().default(true) })
  .prefault({})
  .meta({ id: 'RaiseHand' });

@ApiTags('cohorts')
@ApiBearerAuth()
@Controller('v1')
export class ActionsController {
  constructor(
    private readonly book: CohortBook,
    private readonly actions: CohortActions,
    private readonly sandboxes: SandboxService,
  ) {}

  /**
   * Does the same to many sandboxes of the cohort, and answers when all are done, one by one with what came of it. Those
   * who follow the board see how far it is.
   */
  @Post('cohorts/:cohort/actions')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: actionAnswer })
  async act(
    @CurrentPrincipal() principal: Principal,
    @Param('cohort', { schema: cohortRef }) ref: string,
    @Body({ schema: actionSchema }) body: CohortAction,
  ) {
    const cohort = seenCohort(this.book, principal, ref);
    if (principal.kind !== 'instructor') assertScope(principal, 'sandboxes:write');
    return this.actions.run(principal, cohort, body);
  }

  /** Asks for help; `raised: false` takes it back, which instructors and platforms may do, too. */
  @Post('sandboxes/:id/raise-hand')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: sandboxSchema })
  async hand(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: sandboxId }) id: string,
    @Body({ schema: handSchema }) { raised }: z.infer<typeof handSchema>,
  ) {
    if (principal.kind === 'platform' || principal.kind === 'operator')
      assertScope(principal, 'sandboxes:write');
    // Who may not see the sandbox is told so, whatever they asked for.
    await this.sandboxes.get(principal, id);
    if (raised && principal.kind !== 'learner')
      throw new AppError('forbidden', 'raised: only the learner raises a hand; you may lower it.');
    return this.sandboxes.raiseHand(principal, id, raised);
  }
}
