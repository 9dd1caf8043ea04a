import { newId } from '../common/ids.js';
import type { Prisma } from '../database/generated/client.js';
import type { PrismaService } from '../database/prisma.service.js';
import type { Cohort } from './cohort.js';

export type CohortFields = Omit<Cohort, 'tenantId' | 'id' | 'createdAt'>;

const json = (value: unknown) => value as Prisma.InputJsonValue;

export class CohortRepository {
  constructor(private readonly prisma: PrismaService) {}

  async all(): Promise<Cohort[]> {
    return (await this.prisma.client.cohort.findMany()) as unknown as Cohort[];
  }

  /** Undefined when the tenant has a cohort of this name. */
  async create(tenantId: string, fields: CohortFields): Promise<Cohort | undefined> {
    const id = newId('coh');
    const { count } = await this.prisma.client.cohort.createMany({
      data: [{ tenantId, id, ...fields, prewarm: json(fields.prewarm) }],
      skipDuplicates: true,
    });
    if (count === 0) return undefined;
    return (await this.prisma.client.cohort.findUnique({ where: { id } })) as unknown as Cohort;
  }

  async update(id: string, fields: Partial<CohortFields>): Promise<Cohort> {
    const { prewarm, ...rest } = fields;
    const data = { ...rest, ...(prewarm === undefined ? {} : { prewarm: json(prewarm) }) };
    return (await this.prisma.client.cohort.update({ where: { id }, data })) as unknown as Cohort;
  }

  /** Members go with it; sandboxes and events stay. */
  async delete(id: string): Promise<void> {
    await this.prisma.client.cohort.deleteMany({ where: { id } });
  }
}
