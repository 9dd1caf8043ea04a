import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { assertScope } from '../auth/access.js';
import { CurrentPrincipal, type Principal } from '../auth/current-principal.js';
import { DeliveryRepository } from './delivery.repository.js';
import * as schema from './webhooks.schema.js';
import { WebhooksService } from './webhooks.service.js';

/** Events of the tenant, posted to its platform. */
@ApiTags('webhooks')
@ApiBearerAuth()
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(
    private readonly service: WebhooksService,
    private readonly deliveries: DeliveryRepository,
  ) {}

  @Get()
  @ApiResponse({ status: 200, standardSchema: schema.endpointList })
  async list(@CurrentPrincipal() principal: Principal) {
    assertScope(principal, 'webhooks:read');
    return { items: (await this.service.list(principal.tenantId)).map(schema.toEndpoint) };
  }

  /** The secret is in this answer alone. */
  @Post()
  @HttpCode(201)
  @ApiResponse({ status: 201, standardSchema: schema.newEndpointSchema })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body({ schema: schema.createEndpointSchema }) body: z.infer<typeof schema.createEndpointSchema>,
  ) {
    assertScope(principal, 'webhooks:write');
    const { endpoint, secret } = await this.service.create(principal, body);
    return { ...schema.toEndpoint(endpoint), secret };
  }

  @Get(':webhook')
  @ApiResponse({ status: 200, standardSchema: schema.endpointSchema })
  async get(
    @CurrentPrincipal() principal: Principal,
    @Param('webhook', { schema: schema.endpointId }) id: string,
  ) {
    assertScope(principal, 'webhooks:read');
    return schema.toEndpoint(await this.service.get(principal.tenantId, id));
  }

  /** Enabled again, it gets what happened meanwhile, as far as the feed reaches back. */
  @Patch(':webhook')
  @ApiResponse({ status: 200, standardSchema: schema.endpointSchema })
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('webhook', { schema: schema.endpointId }) id: string,
    @Body({ schema: schema.patchEndpointSchema }) body: z.infer<typeof schema.patchEndpointSchema>,
  ) {
    assertScope(principal, 'webhooks:write');
    const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
    return schema.toEndpoint(await this.service.change(principal, id, given));
  }

  /** What waits for it is dropped. */
  @Delete(':webhook')
  @HttpCode(204)
  @ApiResponse({ status: 204 })
  async delete(
    @CurrentPrincipal() principal: Principal,
    @Param('webhook', { schema: schema.endpointId }) id: string,
  ): Promise<void> {
    assertScope(principal, 'webhooks:write');
    await this.service.delete(principal, id);
  }

  /** Newest first; `status=dead` are those that were given up after 24 h. */
  @Get(':webhook/deliveries')
  @ApiResponse({ status: 200, standardSchema: schema.deliveryPage })
  async listDeliveries(
    @CurrentPrincipal() principal: Principal,
    @Param('webhook', { schema: schema.endpointId }) id: string,
    @Query({ schema: schema.deliveryQuery }) query: z.infer<typeof schema.deliveryQuery>,
  ) {
    assertScope(principal, 'webhooks:read');
    const { limit, cursor, status } = query;
    const endpoint = await this.service.get(principal.tenantId, id);
    const rows = await this.deliveries.page(endpoint.id, { limit: limit + 1, before: cursor, status });
    const items = rows.slice(0, limit).map(schema.toDelivery);
    return { items, nextCursor: rows.length > limit ? String(items.at(-1)?.n) : null };
  }

  /** Sends it again, whatever became of it, before newer ones of the same sandbox. */
  @Post(':webhook/deliveries/:n/redeliver')
  @HttpCode(202)
  @ApiResponse({ status: 202, standardSchema: schema.deliverySchema })
  async redeliver(
    @CurrentPrincipal() principal: Principal,
    @Param('webhook', { schema: schema.endpointId }) id: string,
    @Param('n', { schema: schema.deliveryNumber }) n: number,
  ) {
    assertScope(principal, 'webhooks:write');
    return schema.toDelivery(await this.service.redeliver(principal, id, n));
  }

  /** Posts a `webhook.test` at once and tells what came back. */
  @Post(':webhook/test')
  @HttpCode(200)
  @ApiResponse({ status: 200, standardSchema: schema.testAnswer })
  async test(
    @CurrentPrincipal() principal: Principal,
    @Param('webhook', { schema: schema.endpointId }) id: string,
  ) {
    assertScope(principal, 'webhooks:write');
    const { ok, status, error } = await this.service.test(principal.tenantId, id);
    return { ok, status, error };
  }
}
