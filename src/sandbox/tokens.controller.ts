import { Controller, Headers, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiResponse, ApiTags } from '@nestjs/swagger';
import { LearnerTokens } from '../auth/learner-token.js';
import { Public } from '../auth/principal.guard.js';
import { AppError } from '../common/errors/app-error.js';
import { tokenSchema } from '../tenants/user.schema.js';
import { SandboxDirectory } from './live-sandbox.js';

@ApiTags('users')
@ApiBearerAuth()
@Controller('v1/tokens')
export class TokensController {
  constructor(
    private readonly tokens: LearnerTokens,
    private readonly sandboxes: SandboxDirectory,
  ) {}

  /** A new token for the holder of one, even of an expired one while a sandbox of that learner runs. */
  @Public()
  @Post('renew')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: tokenSchema })
  async renew(@Headers('authorization') header: string | undefined) {
    const token = /^Bearer ([\w.-]{1,2048})$/i.exec(header ?? '')?.[1];
    if (token === undefined)
      throw new AppError('unauthenticated', 'Send the learner token as "Authorization: Bearer …".');
    const { expired, ...claims } = await this.tokens.verify(token, { allowExpired: true });
    const { tenantId, userId } = claims;
    const live = this.sandboxes.all().some((s) => s.tenantId === tenantId && s.userId === userId);
    if (expired && (!live || claims.kind === 'instructor')) {
      throw new AppError(
        'unauthenticated',
        'The token has expired and its sandbox has ended: ask the platform for a new one.',
      );
    }
    return this.tokens.mint(claims);
  }
}
