import { Controller, Delete, Get, HttpCode, Param, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { AuditLog } from '../../audit/audit-log.js';
import { assertScope } from '../../auth/access.js';
import { CurrentPrincipal, type Principal } from '../../auth/current-principal.js';
import { AppError } from '../../common/errors/app-error.js';
import * as schema from '../terminal.schema.js';
import { TerminalService } from '../terminal.service.js';
import { toText, toV2 } from './cast-convert.js';
import { RecordingRepository, type RecordingRow } from './recording.repository.js';
import { Recordings } from './recordings.js';

const querySchema = z.object({ format: z.enum(['v3', 'v2', 'txt']).default('v3') });
type Format = z.infer<typeof querySchema>['format'];

const CAST = 'application/x-asciicast';

@ApiTags('terminals')
@ApiBearerAuth()
@Controller('v1/terminals/:tid/recording')
export class RecordingController {
  constructor(
    private readonly terminals: TerminalService,
    private readonly repository: RecordingRepository,
    private readonly recordings: Recordings,
    private readonly audit: AuditLog,
  ) {}

  /** What the terminal printed, as asciicast v3 (the file itself, with byte ranges), as v2, or as plain text. */
  @Get()
  @ApiProduces(CAST, 'text/plain')
  @ApiResponse({ status: 200, description: 'the recording' })
  @ApiResponse({ status: 206, description: 'a range of the v3 file' })
  async download(
    @CurrentPrincipal() principal: Principal,
    @Param('tid', { schema: schema.terminalId }) tid: string,
    @Query({ schema: querySchema }) { format }: z.infer<typeof querySchema>,
    @Res() response: Response,
  ): Promise<void> {
    const row = await this.find(principal, tid);
    const detail = { recording: row.id, format };
    const { tenantId } = row;
    this.audit.record({
      tenantId,
      actor: principal.subject,
      action: 'recording.downloaded',
      subject: tid,
      ip: response.req.ip,
      detail,
    });
    await send(response, { file: this.recordings.file(row.id), name: tid, format });
  }

  @Delete()
  @HttpCode(204)
  @ApiResponse({ status: 204 })
  async remove(
    @CurrentPrincipal() principal: Principal,
    @Param('tid', { schema: schema.terminalId }) tid: string,
  ): Promise<void> {
    // What an instructor may watch they may not make unseen.
    if (principal.kind === 'instructor') assertScope(principal, 'sandboxes:write');
    await this.recordings.remove(await this.find(principal, tid), principal.subject);
  }

  /** Also of terminals that are gone: recordings outlive them. */
  private async find(principal: Principal, tid: string): Promise<RecordingRow> {
    if (principal.kind !== 'learner') assertScope(principal, 'terminals:shadow');
    await this.terminals.assertMine(principal, tid);
    const row = await this.repository.ofTerminal(principal.tenantId, tid);
    if (!row) throw new AppError('not_found', 'Nothing of this terminal was recorded.');
    return row;
  }
}

async function send(response: Response, o: { file: string; name: string; format: Format }): Promise<void> {
  const { file, name, format } = o;
  const extension = format === 'txt' ? 'txt' : 'cast';
  response.setHeader('Content-Type', format === 'txt' ? 'text/plain; charset=utf-8' : CAST);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Disposition', `attachment; filename="${name}.${extension}"`);
  if (format === 'v3') {
    await new Promise<void>((resolve, reject) => {
      const root = path.dirname(file);
      response.sendFile(path.basename(file), { root, cacheControl: false, dotfiles: 'allow' }, (error) => {
        // A reader that leaves in the middle is no fault.
        if (error && !response.headersSent) reject(error);
        else resolve();
      });
    });
    return;
  }
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  const converted = format === 'v2' ? toV2(lines) : toText(lines);
  await pipeline(Readable.from(converted, { objectMode: false }), response).catch((error: unknown) => {
    if (!response.headersSent) throw error;
    response.destroy();
  });
}
