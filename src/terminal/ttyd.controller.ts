import { Controller, Get, Header, Headers, Param, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Authenticator } from '../auth/authenticator.js';
import { Public } from '../auth/principal.guard.js';
import { AppError } from '../common/errors/app-error.js';
import * as schema from './terminal.schema.js';
import { TerminalRepository } from './terminal.repository.js';
import { TerminalService } from './terminal.service.js';
import { TicketDesk } from './ticket-desk.js';

const querySchema = z.object({ ticket: z.string().max(256).optional() });

/** What ttyd's own clients ask for before they open their socket. */
@ApiTags('terminals')
@Controller('v1/tty/ttyd/:tid')
export class TtydController {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly terminals: TerminalService,
    private readonly desk: TicketDesk,
    private readonly tickets: TerminalRepository,
  ) {}

  /** A ticket under the name that ttyd gives it, for a bearer or for an unused ticket. No other header counts. */
  @Public()
  @Get('token')
  @Header('Cache-Control', 'no-store')
  @ApiResponse({ status: 200, standardSchema: schema.ttydTokenSchema })
  async token(
    @Param('tid', { schema: schema.terminalId }) tid: string,
    @Query({ schema: querySchema }) query: z.infer<typeof querySchema>,
    @Headers('authorization') authorization: string | undefined,
    @Headers('origin') origin: string | undefined,
  ) {
    if (query.ticket !== undefined) return { token: await this.exchange(query.ticket, tid, origin) };
    const principal = await this.authenticator.authenticate(authorization);
    const terminal = await this.terminals.get(principal, tid);
    const bound = principal.userId === undefined ? null : (origin ?? null);
    const { ticket } = await this.desk.mint(principal, terminal, { role: 'write', takeover: false }, bound);
    return { token: ticket };
  }

  /** The ticket is used up and another one with the same rights takes its place. */
  private async exchange(ticket: string, tid: string, origin: string | undefined): Promise<string> {
    const claims = await this.tickets.redeem(ticket);
    const fits = claims && (claims.origin === null || claims.origin === origin) && claims.terminalId === tid;
    if (!fits) {
      throw new AppError(
        'ticket_invalid',
        'The ticket is unknown, used, expired or not for this page or terminal.',
      );
    }
    return (await this.tickets.mint(claims)).ticket;
  }
}
