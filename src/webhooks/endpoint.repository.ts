import type { PrismaService } from '../database/prisma.service.js';
import type { DisabledWhy, Endpoint } from './webhook.js';

export interface EndpointFields {
  url: string;
  description: string;
  types: string[];
}

export class EndpointRepository {
  constructor(private readonly prisma: PrismaService) {}

  async create(o: EndpointFields & Pick<Endpoint, 'tenantId' | 'id' | 'secret'> & { cursor: string }) {
    return (await this.prisma.client.webhookEndpoint.create({ data: o })) as Endpoint;
  }

  async list(tenantId: string): Promise<Endpoint[]> {
    const rows = await this.prisma.client.webhookEndpoint.findMany({
      where: { tenantId },
      orderBy: { createdAt: 'asc' },
    });
    return rows as Endpoint[];
  }

  async find(tenantId: string, id: string): Promise<Endpoint | undefined> {
    const row = await this.prisma.client.webhookEndpoint.findFirst({ where: { tenantId, id } });
    return (row as Endpoint | null) ?? undefined;
  }

  /** Of all tenants. */
  async enabled(): Promise<Endpoint[]> {
    const where = { disabledAt: null };
    return (await this.prisma.client.webhookEndpoint.findMany({ where })) as Endpoint[];
  }

  async update(id: string, fields: Partial<EndpointFields>): Promise<void> {
    await this.prisma.client.webhookEndpoint.updateMany({ where: { id }, data: fields });
  }

  async delete(id: string): Promise<void> {
    await this.prisma.client.webhookEndpoint.deleteMany({ where: { id } });
  }

  async setFailing(id: string, since: Date | null): Promise<void> {
    await this.update(id, { failingSince: since } as Partial<EndpointFields>);
  }

  /** False when it was disabled already, or is gone. */
  async disable(id: string, why: DisabledWhy, at: Date): Promise<boolean> {
    const { count } = await this.prisma.client.webhookEndpoint.updateMany({
      where: { id, disabledAt: null },
      data: { disabledAt: at, disabledWhy: why },
    });
    return count === 1;
  }

  async enable(id: string): Promise<void> {
    await this.prisma.client.webhookEndpoint.updateMany({
      where: { id },
      data: { disabledAt: null, disabledWhy: null, failingSince: null },
    });
  }
}
