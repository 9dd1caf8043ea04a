import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { assertScope } from '../auth/access.js';
import { CurrentPrincipal, type Principal } from '../auth/current-principal.js';
import { loadLab } from './lab-loader.js';
import { labSchema, labSummary, labView } from './lab-view.js';
import * as schema from './labs.schema.js';
import { LabsService } from './labs.service.js';

function mayRead(principal: Principal): void {
  if (principal.kind !== 'learner') assertScope(principal, 'labs:read');
}

@ApiTags('labs')
@ApiBearerAuth()
@Controller('v1/labs')
export class LabsController {
  constructor(private readonly labs: LabsService) {}

  @Get()
  @ApiResponse({ status: 200, standardSchema: schema.labListSchema })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: schema.localeQuery }) query: z.infer<typeof schema.localeQuery>,
  ): Promise<z.infer<typeof schema.labListSchema>> {
    mayRead(principal);
    const all = await this.labs.list(principal.tenantId);
    return { items: all.map((lab) => labSummary(lab, query.locale)), nextCursor: null };
  }

  /** Checks the files of a lab folder without storing them; what is wrong comes with file, line and column. */
  @Post('lint')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: schema.lintResponse })
  lint(
    @CurrentPrincipal() principal: Principal,
    @Body({ schema: schema.lintRequest }) body: z.infer<typeof schema.lintRequest>,
  ): z.infer<typeof schema.lintResponse> {
    assertScope(principal, 'labs:write');
    const slug = body.slug ?? /^id:\s*["']?([a-z0-9-]+)/m.exec(body.files['lab.yaml'] ?? '')?.[1] ?? '';
    const lab = loadLab(slug, body.files);
    return { ok: lab.ok, digest: lab.ok ? lab.digest : null, problems: lab.problems };
  }

  @Get(':slug')
  @ApiResponse({ status: 200, standardSchema: labSchema })
  async get(
    @CurrentPrincipal() principal: Principal,
    @Param('slug', { schema: schema.slugSchema }) slug: string,
    @Query({ schema: schema.localeQuery }) query: z.infer<typeof schema.localeQuery>,
  ): Promise<z.infer<typeof labSchema>> {
    mayRead(principal);
    return labView(await this.labs.resolvePublished(principal.tenantId, slug), query.locale);
  }

  @Get(':slug/versions')
  @ApiResponse({ status: 200, standardSchema: schema.labVersionsSchema })
  async versions(
    @CurrentPrincipal() principal: Principal,
    @Param('slug', { schema: schema.slugSchema }) slug: string,
  ): Promise<z.infer<typeof schema.labVersionsSchema>> {
    mayRead(principal);
    const versions = await this.labs.versions(principal.tenantId, slug);
    const items = versions.map((v) => ({
      digest: v.digest,
      version: v.version,
      state: v.state,
      createdAt: v.createdAt.toISOString(),
    }));
    return { items, nextCursor: null };
  }
}
