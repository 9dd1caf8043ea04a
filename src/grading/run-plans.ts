import { Inject, Injectable, Optional } from '@nestjs/common';
import { HOST_DRIVER } from '../drivers/driver.tokens.js';
import type { HostDriver } from '../drivers/host-driver.js';
import { lackingIn, planFor } from '../labs/lab-plan.js';
import type { PreparedLab } from '../labs/prepared-lab.js';
import { offeredTo } from './offered.js';
import { PlanRepository } from './plan.repository.js';

/** The lab of a run, less what its engine cannot support. Decided once, when the run begins. */
@Injectable()
export class RunPlans {
  constructor(
    private readonly repository: PlanRepository,
    @Optional() @Inject(HOST_DRIVER) private readonly hosts?: HostDriver,
  ) {}

  /** `userId` is given where the run may begin now; a run that is over is read with what was decided then. */
  async planned(
    lab: PreparedLab,
    who: { tenantId: string; sandboxId: string; userId: string | undefined },
  ): Promise<PreparedLab> {
    if (lab.spec.objectives.every((o) => o.requires.length === 0)) return lab;
    const { sandboxId, tenantId, userId } = who;
    const stored = await this.repository.load(sandboxId);
    if (stored || userId === undefined) return planFor(lab, stored ?? {});
    const offered = offeredTo({ host: this.hosts, cluster: lab.spec.sandbox.cluster !== undefined });
    const lacking = lackingIn(lab.spec, offered);
    await this.repository.save({ tenantId, sandboxId, userId }, lacking);
    return planFor(lab, lacking);
  }
}
