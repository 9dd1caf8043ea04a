import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { AppError } from '../common/errors/app-error.js';
import { Bus } from '../events/bus.js';
import { assertScope } from './access.js';
import { AuthRepository, type ApiKeyView } from './auth.repository.js';
import { Authenticator } from './authenticator.js';
import { CurrentPrincipal, type Principal } from './current-principal.js';
import { SCOPES } from './principal.js';

const keySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.string()),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable(),
    revokedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ApiKey' });
const newKeySchema = keySchema.extend({ key: z.string() }).meta({ id: 'NewApiKey' });
const keyListSchema = z.object({ items: z.array(keySchema) }).meta({ id: 'ApiKeyList' });
const createKeySchema = z
  .strictObject({
    name: z.string().min(1).max(100),
    scopes: z.array(z.enum(SCOPES)).min(1),
    expiresAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'CreateApiKey' });

function toKey(row: ApiKeyView): z.infer<typeof keySchema> {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
  };
}

/** API keys of platforms; only an operator makes and revokes them. */
@ApiTags('api-keys')
@ApiBearerAuth()
@Controller('v1/api-keys')
export class AuthController {
  constructor(
    private readonly repository: AuthRepository,
    private readonly authenticator: Authenticator,
    private readonly bus: Bus,
  ) {}

  @Get()
  @ApiResponse({ status: 200, standardSchema: keyListSchema })
  async list(@CurrentPrincipal() principal: Principal) {
    assertScope(principal, 'admin');
    return { items: (await this.repository.list(principal.tenantId)).map(toKey) };
  }

  /** The key is in this answer alone. */
  @Post()
  @HttpCode(201)
  @ApiResponse({ status: 201, standardSchema: newKeySchema })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body({ schema: createKeySchema }) body: z.infer<typeof createKeySchema>,
  ) {
    assertScope(principal, 'admin');
    const { name, scopes, expiresAt } = body;
    const made = await this.repository.createKey({
      tenantId: principal.tenantId,
      name,
      scopes,
      ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
    });
    return { ...toKey(made), key: made.key };
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiResponse({ status: 204 })
  async revoke(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: z.string().max(64) }) id: string,
  ) {
    assertScope(principal, 'admin');
    const hash = await this.repository.revoke(principal.tenantId, id);
    if (hash === undefined) throw new AppError('not_found', 'There is no API key with this id.');
    this.authenticator.forget(hash);
    this.bus.emit('credential.revoked', { tenantId: principal.tenantId, subject: id });
  }
}
