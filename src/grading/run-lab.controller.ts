import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { assertScope } from '../auth/access.js';
import { CurrentPrincipal, type Principal } from '../auth/current-principal.js';
import { labSchema } from '../labs/lab-view.js';
import { sandboxId } from '../sandbox/sandbox.schema.js';
import { progressQuery } from './grading.schema.js';
import { GradingService } from './grading.service.js';

@ApiTags('sandboxes')
@ApiBearerAuth()
@Controller('v1/sandboxes/:id/lab')
export class RunLabController {
  constructor(private readonly grading: GradingService) {}

  /** The lab of this sandbox in the version that it was made of, with the parameters of its run put in. */
  @Get()
  @ApiResponse({ status: 200, standardSchema: labSchema })
  get(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: sandboxId }) id: string,
    @Query({ schema: progressQuery }) query: z.infer<typeof progressQuery>,
  ): Promise<z.infer<typeof labSchema>> {
    if (principal.kind !== 'learner') assertScope(principal, 'sandboxes:read');
    return this.grading.labOf(principal, id, query.locale);
  }
}
