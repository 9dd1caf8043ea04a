import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { CurrentPrincipal, type Principal } from '../auth/current-principal.js';
import { sandboxId as sandboxIdSchema } from '../sandbox/sandbox.schema.js';
import { mayRead, mayWrite } from './may.js';
import type { LiveTerminal } from './terminal-registry.js';
import * as schema from './terminal.schema.js';
import { TerminalService } from './terminal.service.js';

function view({ session, sandboxId, target, createdAt }: LiveTerminal): schema.TerminalView {
  return {
    id: session.id,
    sandboxId,
    name: session.name,
    target: { kind: target },
    state: session.state,
    epoch: session.epoch || null,
    cols: session.size.cols,
    rows: session.size.rows,
    head: session.ring.head,
    ringStart: session.ring.start,
    driver: session.driver?.id ?? null,
    attachments: session.attachments.size,
    recording: session.recording,
    createdAt: createdAt.toISOString(),
    detachedUntil: session.detachedUntil === null ? null : new Date(session.detachedUntil).toISOString(),
    exit: session.exit,
  };
}

@ApiTags('terminals')
@ApiBearerAuth()
@Controller('v1')
export class TerminalController {
  constructor(private readonly service: TerminalService) {}

  /** A shell in the sandbox. It outlives its sockets by ten minutes. */
  @Post('sandboxes/:sid/terminals')
  @HttpCode(201)
  @ApiResponse({ status: 201, standardSchema: schema.terminalSchema })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Param('sid', { schema: sandboxIdSchema }) sid: string,
    @Body({ schema: schema.createTerminalSchema }) body: z.infer<typeof schema.createTerminalSchema>,
  ) {
    mayWrite(principal);
    return view(await this.service.create(principal, sid, body));
  }

  @Get('sandboxes/:sid/terminals')
  @ApiResponse({ status: 200, standardSchema: schema.terminalListSchema })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Param('sid', { schema: sandboxIdSchema }) sid: string,
  ) {
    mayRead(principal);
    return { items: (await this.service.list(principal, sid)).map(view) };
  }

  @Get('terminals/:tid')
  @ApiResponse({ status: 200, standardSchema: schema.terminalSchema })
  async get(
    @CurrentPrincipal() principal: Principal,
    @Param('tid', { schema: schema.terminalId }) tid: string,
  ) {
    mayRead(principal);
    return view(await this.service.get(principal, tid));
  }

  /** HUP, TERM, KILL; the answer does not wait. Twice is once. */
  @Delete('terminals/:tid')
  @HttpCode(202)
  @ApiResponse({ status: 202, standardSchema: schema.acceptedSchema })
  async remove(
    @CurrentPrincipal() principal: Principal,
    @Param('tid', { schema: schema.terminalId }) tid: string,
  ) {
    mayWrite(principal);
    await this.service.remove(principal, tid);
    return { id: tid };
  }

  @Post('terminals/:tid/size')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: schema.sizeSchema })
  async resize(
    @CurrentPrincipal() principal: Principal,
    @Param('tid', { schema: schema.terminalId }) tid: string,
    @Body({ schema: schema.sizeSchema }) body: z.infer<typeof schema.sizeSchema>,
  ) {
    mayWrite(principal);
    return this.service.resize(principal, tid, body);
  }

  /** To the foreground process group of the terminal. */
  @Post('terminals/:tid/signal')
  @HttpCode(202)
  @ApiResponse({ status: 202, standardSchema: schema.acceptedSchema })
  async signal(
    @CurrentPrincipal() principal: Principal,
    @Param('tid', { schema: schema.terminalId }) tid: string,
    @Body({ schema: schema.signalSchema }) body: z.infer<typeof schema.signalSchema>,
  ) {
    mayWrite(principal);
    await this.service.signal(principal, tid, body.signal);
    return { id: tid };
  }
}
