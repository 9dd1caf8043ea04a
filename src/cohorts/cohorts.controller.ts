import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Put,
  Query,
} from '@nestjs/common';
import { ApiBearerAuth, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { assertScope } from '../auth/access.js';
import { CurrentPrincipal, type Principal } from '../auth/current-principal.js';
import type { Clock } from '../common/clock.js';
import { CLOCK } from '../common/clock.token.js';
import { pageQuery } from '../http/page.js';
import { externalId } from '../tenants/user.schema.js';
import { seenCohort, writableCohort } from './cohort-access.js';
import { CohortBook } from './cohort-book.js';
import * as schema from './cohort.schema.js';
import { CohortService } from './cohort.service.js';
import { MemberRepository } from './member.repository.js';

@ApiTags('cohorts')
@ApiBearerAuth()
@Controller('v1/cohorts')
export class CohortsController {
  constructor(
    private readonly book: CohortBook,
    private readonly service: CohortService,
    private readonly members: MemberRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Of the tenant; an instructor sees those that they teach. */
  @Get()
  @ApiResponse({ status: 200, standardSchema: schema.cohortPage })
  list(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: pageQuery }) { limit, cursor = '' }: z.infer<typeof pageQuery>,
  ) {
    assertScope(principal, 'cohorts:read');
    const { tenantId, kind, taught } = principal;
    const seen = this.book
      .all()
      .filter((c) => c.tenantId === tenantId && (kind !== 'instructor' || taught?.has(c.id) === true))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .filter((c) => c.id > cursor);
    const items = seen.slice(0, limit).map((c) => this.view(c));
    return { items, nextCursor: seen.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  @Post()
  @HttpCode(201)
  @ApiResponse({ status: 201, standardSchema: schema.cohortSchema })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body({ schema: schema.createCohortSchema }) body: z.infer<typeof schema.createCohortSchema>,
  ) {
    assertScope(principal, 'cohorts:write');
    return this.view(await this.service.create(principal, body));
  }

  @Get(':cohort')
  @ApiResponse({ status: 200, standardSchema: schema.cohortSchema })
  get(@CurrentPrincipal() principal: Principal, @Param('cohort', { schema: schema.cohortRef }) ref: string) {
    return this.view(seenCohort(this.book, principal, ref));
  }

  /** An earlier `closesAt` ends the cohort's sandboxes earlier; a later one lets learners extend theirs. */
  @Patch(':cohort')
  @ApiResponse({ status: 200, standardSchema: schema.cohortSchema })
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('cohort', { schema: schema.cohortRef }) ref: string,
    @Body({ schema: schema.patchCohortSchema }) body: z.infer<typeof schema.patchCohortSchema>,
  ) {
    const cohort = writableCohort(this.book, principal, ref);
    return this.view(await this.service.change(principal, cohort, body));
  }

  /** Its members are let go; what they did stays. Refused while there are living sandboxes in it. */
  @Delete(':cohort')
  @HttpCode(204)
  @ApiResponse({ status: 204 })
  async delete(
    @CurrentPrincipal() principal: Principal,
    @Param('cohort', { schema: schema.cohortRef }) ref: string,
  ): Promise<void> {
    await this.service.delete(principal, writableCohort(this.book, principal, ref));
  }

  @Get(':cohort/members')
  @ApiResponse({ status: 200, standardSchema: schema.memberPage })
  async listMembers(
    @CurrentPrincipal() principal: Principal,
    @Param('cohort', { schema: schema.cohortRef }) ref: string,
    @Query({ schema: schema.memberQuery }) query: z.infer<typeof schema.memberQuery>,
  ) {
    const { limit, ...rest } = query;
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
    const rows = await this.members.page(seenCohort(this.book, principal, ref).id, { limit, ...given });
    const items = rows.slice(0, limit);
    return { items, nextCursor: rows.length > limit ? (items.at(-1)?.userId ?? null) : null };
  }

  /** Adds and changes members, all or none of them; with `replace`, whoever is not named goes. */
  @Put(':cohort/members')
  @ApiResponse({ status: 200, standardSchema: schema.putMembersAnswer })
  async putMembers(
    @CurrentPrincipal() principal: Principal,
    @Param('cohort', { schema: schema.cohortRef }) ref: string,
    @Body({ schema: schema.putMembersSchema }) body: z.infer<typeof schema.putMembersSchema>,
  ) {
    return this.service.putMembers(principal, writableCohort(this.book, principal, ref), body);
  }

  /** By your own id of the user or by ours. A sandbox that the user has in the cohort stays. */
  @Delete(':cohort/members/:user')
  @HttpCode(204)
  @ApiResponse({ status: 204 })
  async removeMember(
    @CurrentPrincipal() principal: Principal,
    @Param('cohort', { schema: schema.cohortRef }) ref: string,
    @Param('user', { schema: externalId }) user: string,
  ): Promise<void> {
    await this.service.removeMember(principal, writableCohort(this.book, principal, ref), user);
  }

  private view(cohort: Parameters<typeof schema.toCohort>[0]) {
    return schema.toCohort(cohort, this.clock.now());
  }
}
