import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import { EventOutbox } from '../events/outbox.js';
import type { Lacking } from '../labs/lab-plan.js';

/** Key of the row of `Past` that says what was left out of a run; no objective can be named so. */
const PLAN_KEY = '$plan';

/** What was left out of each run when it began: a service on another engine, or a new driver, does not change it. */
@Injectable()
export class PlanRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly outbox: EventOutbox,
  ) {}

  /** undefined = the run has not begun yet. */
  async load(sandboxId: string): Promise<Lacking | undefined> {
    const row = await this.prisma.client.past.findFirst({ where: { sandboxId, key: PLAN_KEY } });
    return (row?.observations as { leftOut: Lacking } | undefined)?.leftOut;
  }

  /** Only the first plan of a run is kept. */
  async save(who: { tenantId: string; sandboxId: string; userId: string }, leftOut: Lacking): Promise<void> {
    const { tenantId, sandboxId } = who;
    const appended = await this.prisma.client.$transaction(async (tx) => {
      const data = [{ tenantId, sandboxId, key: PLAN_KEY, observations: { leftOut } }];
      const { count } = await tx.past.createMany({ data, skipDuplicates: true });
      if (count === 0 || Object.keys(leftOut).length === 0) return false;
      await this.outbox.append(tx, { ...who, type: 'run.planned', payload: { leftOut } });
      return true;
    });
    if (appended) this.outbox.committed(sandboxId);
  }
}
