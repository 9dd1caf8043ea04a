import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { z } from 'zod';
import { assertScope } from '../auth/access.js';
import { CurrentPrincipal, type Principal } from '../auth/current-principal.js';
import * as schema from './sandbox.schema.js';
import { SandboxService } from './sandbox.service.js';

/** Learners act on their own sandboxes; platforms need the scope. */
function mayWrite(principal: Principal): void {
  if (principal.kind !== 'learner') assertScope(principal, 'sandboxes:write');
}

function mayRead(principal: Principal): void {
  if (principal.kind !== 'learner') assertScope(principal, 'sandboxes:read');
}

@ApiTags('sandboxes')
@ApiBearerAuth()
@Controller('v1/sandboxes')
export class SandboxController {
  constructor(private readonly service: SandboxService) {}

  /** The learner's living sandbox of the lab (200), a new one (201), or a place in the queue (202). */
  @Post()
  @ApiResponse({ status: 200, standardSchema: schema.sandboxSchema })
  @ApiResponse({ status: 201, standardSchema: schema.sandboxSchema })
  @ApiResponse({ status: 202, standardSchema: schema.sandboxSchema })
  async allocate(
    @CurrentPrincipal() principal: Principal,
    @Body({ schema: schema.allocateSchema }) body: z.infer<typeof schema.allocateSchema>,
    @Res({ passthrough: true }) response: Response,
  ) {
    mayWrite(principal);
    const { view, created } = await this.service.allocate(principal, {
      lab: body.lab,
      user: body.user,
      cohort: body.cohort,
      individualise: body.individualise,
      waitMs: body.waitSeconds * 1000,
    });
    const queued = view.state === 'queued';
    response.status(queued ? 202 : created ? 201 : 200).setHeader('Location', `/v1/sandboxes/${view.id}`);
    return view;
  }

  @Get()
  @ApiResponse({ status: 200, standardSchema: schema.sandboxPage })
  list(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: schema.listQuery }) query: z.infer<typeof schema.listQuery>,
  ) {
    mayRead(principal);
    const { limit, ...rest } = query;
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
    return this.service.list(principal, { limit, ...given });
  }

  @Get(':id')
  @ApiResponse({ status: 200, standardSchema: schema.sandboxSchema })
  async get(@CurrentPrincipal() principal: Principal, @Param('id', { schema: schema.sandboxId }) id: string) {
    mayRead(principal);
    return this.service.view(await this.service.get(principal, id));
  }

  /** Releases the sandbox; the answer does not wait for the deletion. */
  @Delete(':id')
  @HttpCode(202)
  @ApiResponse({ status: 202, standardSchema: schema.sandboxSchema })
  release(@CurrentPrincipal() principal: Principal, @Param('id', { schema: schema.sandboxId }) id: string) {
    mayWrite(principal);
    return this.service.release(principal, id);
  }

  @Post(':id/extend')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: schema.sandboxSchema })
  extend(@CurrentPrincipal() principal: Principal, @Param('id', { schema: schema.sandboxId }) id: string) {
    mayWrite(principal);
    return this.service.extend(principal, id);
  }

  /** A fresh sandbox with a new id; `replacesId` names the old one, the end stays. */
  @Post(':id/reset')
  @HttpCode(201)
  @ApiResponse({ status: 201, standardSchema: schema.sandboxSchema })
  reset(@CurrentPrincipal() principal: Principal, @Param('id', { schema: schema.sandboxId }) id: string) {
    mayWrite(principal);
    return this.service.reset(principal, id, 5000);
  }

  @Get(':id/steps')
  @ApiResponse({ status: 200, standardSchema: schema.stepsSchema })
  async steps(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: schema.sandboxId }) id: string,
  ) {
    mayRead(principal);
    const steps = await this.service.steps(await this.service.get(principal, id));
    return {
      items: steps.map(({ attempt, name, state, startedAt, endedAt, error }) => ({
        attempt,
        name,
        state,
        startedAt: startedAt.toISOString(),
        endedAt: endedAt?.toISOString() ?? null,
        error,
      })),
    };
  }
}
