import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { assertScope } from '../auth/access.js';
import { CurrentPrincipal, type Principal } from '../auth/current-principal.js';
import { LearnerTokens } from '../auth/learner-token.js';
import { AppError } from '../common/errors/app-error.js';
import { CohortRules } from '../sandbox/cohort-rules.js';
import { pageOf, pageQuery } from '../http/page.js';
import { UserRepository } from './user.repository.js';
import {
  externalId,
  mintTokenSchema,
  putUserSchema,
  tokenSchema,
  toUser,
  userSchema,
} from './user.schema.js';

const userPage = pageOf(userSchema).meta({ id: 'UserPage' });

@ApiTags('users')
@ApiBearerAuth()
@Controller('v1/users')
export class UsersController {
  constructor(
    private readonly users: UserRepository,
    private readonly tokens: LearnerTokens,
    private readonly cohorts: CohortRules,
  ) {}

  @Get()
  @ApiResponse({ status: 200, standardSchema: userPage })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>,
  ) {
    assertScope(principal, 'users:write');
    const rows = await this.users.page(principal.tenantId, query);
    const items = rows.slice(0, query.limit).map(toUser);
    return { items, nextCursor: rows.length > query.limit ? (items.at(-1)?.id ?? null) : null };
  }

  @Put(':externalId')
  @ApiResponse({ status: 200, standardSchema: userSchema })
  async put(
    @CurrentPrincipal() principal: Principal,
    @Param('externalId', { schema: externalId }) id: string,
    @Body({ schema: putUserSchema }) body: z.infer<typeof putUserSchema>,
  ) {
    assertScope(principal, 'users:write');
    return toUser(await this.users.put(principal.tenantId, id, body));
  }

  /**
   * A token for the user's browser: 15 minutes, renewed by its holder, a learner's until the sandbox ends. That of an
   * instructor shows the cohorts of which the user is one.
   */
  @Post(':externalId/tokens')
  @HttpCode(201)
  @ApiResponse({ status: 201, standardSchema: tokenSchema })
  async mint(
    @CurrentPrincipal() principal: Principal,
    @Param('externalId', { schema: externalId }) id: string,
    @Body({ schema: mintTokenSchema }) body: z.infer<typeof mintTokenSchema>,
  ) {
    assertScope(principal, 'users:write');
    const user = await this.users.find(principal.tenantId, id);
    if (!user) throw new AppError('not_found', `There is no user "${id}". PUT /v1/users/${id} makes one.`);
    const { tenantId } = principal;
    const who = { tenantId, userId: user.id };
    if (body.as === 'instructor') return this.tokens.mint({ ...who, kind: 'instructor' });
    if (body.cohort === undefined) return this.tokens.mint(who);
    return this.tokens.mint({ ...who, cohortId: await this.cohorts.joined(tenantId, user.id, body.cohort) });
  }
}
