import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { CurrentPrincipal, type Principal } from '../auth/current-principal.js';
import { AttachmentDesk } from './attachment-desk.js';
import { mayRead } from './may.js';
import { peersOf } from './peers.js';
import * as schema from './terminal.schema.js';
import { TerminalService } from './terminal.service.js';
import { TicketDesk } from './ticket-desk.js';
import { TTY_PATH } from './upgrade-gate.js';

/** Who is on a terminal, and how one gets there. */
@ApiTags('terminals')
@ApiBearerAuth()
@Controller('v1/terminals/:tid')
export class AttachmentsController {
  constructor(
    private readonly terminals: TerminalService,
    private readonly tickets: TicketDesk,
    private readonly desk: AttachmentDesk,
  ) {}

  /** Opens one WebSocket within 30 s. Where the call has an Origin, only that page may use the ticket. */
  @Post('tickets')
  @HttpCode(201)
  @ApiResponse({ status: 201, standardSchema: schema.ticketSchema })
  async mint(
    @CurrentPrincipal() principal: Principal,
    @Param('tid', { schema: schema.terminalId }) tid: string,
    @Body({ schema: schema.createTicketSchema }) body: z.infer<typeof schema.createTicketSchema>,
    @Headers('origin') origin: string | undefined,
  ): Promise<z.infer<typeof schema.ticketSchema>> {
    const terminal = await this.terminals.get(principal, tid);
    const bound = principal.userId === undefined ? null : (origin ?? null);
    const { ticket, expiresAt } = await this.tickets.mint(principal, terminal, body, bound);
    const path = body.protocol === 'tty' ? `${TTY_PATH}/ttyd/${tid}/ws` : TTY_PATH;
    const protocols = body.protocol === 'raw' ? [] : [body.protocol];
    return { ticket, expiresAt: expiresAt.toISOString(), url: `${path}?ticket=${ticket}`, protocols };
  }

  @Get('attachments')
  @ApiResponse({ status: 200, standardSchema: schema.attachmentListSchema })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Param('tid', { schema: schema.terminalId }) tid: string,
  ) {
    mayRead(principal);
    return { items: peersOf((await this.terminals.get(principal, tid)).session.attachments) };
  }

  /** Closes one socket with 4403; the terminal goes on. */
  @Delete('attachments/:aid')
  @HttpCode(202)
  @ApiResponse({ status: 202, standardSchema: schema.acceptedSchema })
  async close(
    @CurrentPrincipal() principal: Principal,
    @Param('tid', { schema: schema.terminalId }) tid: string,
    @Param('aid', { schema: schema.attachmentId }) aid: string,
  ) {
    this.desk.close(principal, await this.terminals.get(principal, tid), aid);
    return { id: aid };
  }

  /** An attachment of the caller's drives; one of an instructor takes over, and the learner is told. */
  @Post('take')
  @HttpCode(202)
  @ApiResponse({ status: 202, standardSchema: schema.acceptedSchema })
  async take(
    @CurrentPrincipal() principal: Principal,
    @Param('tid', { schema: schema.terminalId }) tid: string,
    @Body({ schema: schema.aidSchema }) { aid }: z.infer<typeof schema.aidSchema>,
  ) {
    mayRead(principal);
    this.desk.take(principal, await this.terminals.get(principal, tid), aid);
    return { id: aid };
  }

  @Post('give-back')
  @HttpCode(202)
  @ApiResponse({ status: 202, standardSchema: schema.acceptedSchema })
  async giveBack(
    @CurrentPrincipal() principal: Principal,
    @Param('tid', { schema: schema.terminalId }) tid: string,
    @Body({ schema: schema.aidSchema }) { aid }: z.infer<typeof schema.aidSchema>,
  ) {
    mayRead(principal);
    this.desk.giveBack(principal, await this.terminals.get(principal, tid), aid);
    return { id: aid };
  }
}
