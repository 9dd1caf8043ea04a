import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiBearerAuth, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { AuditLog } from '../audit/audit-log.js';
import { assertScope } from '../auth/access.js';
import { CurrentPrincipal, type Principal } from '../auth/current-principal.js';
import { TenantRepository, type TenantLimits } from './tenant.repository.js';

const limit = z.int().min(0).max(100_000).nullable();
const limits = {
  /** Living sandboxes at once; null = no limit. */
  maxSandboxes: limit,
  /** Of a user who has no limit of their own. */
  maxSandboxesPerUser: limit,
};
const tenantSchema = z.object({ id: z.string(), ...limits }).meta({ id: 'Tenant' });
const patchTenantSchema = z.strictObject(limits).partial().meta({ id: 'PatchTenant' });

/** The caller's own tenant, and how much it may use at once. */
@ApiTags('tenants')
@ApiBearerAuth()
@Controller('v1/tenant')
export class TenantController {
  constructor(
    private readonly tenants: TenantRepository,
    private readonly audit: AuditLog,
  ) {}

  @Get()
  @ApiResponse({ status: 200, standardSchema: tenantSchema })
  async get(@CurrentPrincipal() principal: Principal) {
    assertScope(principal, 'admin');
    return view(principal.tenantId, await this.tenants.limits(principal.tenantId));
  }

  @Patch()
  @ApiResponse({ status: 200, standardSchema: tenantSchema })
  async change(
    @CurrentPrincipal() principal: Principal,
    @Body({ schema: patchTenantSchema }) body: z.infer<typeof patchTenantSchema>,
  ) {
    assertScope(principal, 'admin');
    const { tenantId, subject } = principal;
    const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
    const limitsNow = await this.tenants.setLimits(tenantId, given);
    this.audit.record({
      tenantId,
      actor: subject,
      action: 'tenant.changed',
      subject: tenantId,
      detail: given,
    });
    return view(tenantId, limitsNow);
  }
}

function view(id: string, { maxSandboxes, maxSandboxesPerUser }: TenantLimits) {
  return { id, maxSandboxes, maxSandboxesPerUser };
}
