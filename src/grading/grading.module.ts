import { Module } from '@nestjs/common';
import { HOST_DRIVER } from '../drivers/driver.tokens.js';
import type { HostDriver } from '../drivers/host-driver.js';
import { LabsModule } from '../labs/labs.module.js';
import { GradingController } from './grading.controller.js';
import { GradingRepository } from './grading.repository.js';
import { PlanRepository } from './plan.repository.js';
import { RunPlans } from './run-plans.js';
import { RunLabController } from './run-lab.controller.js';
import { ScriptDesk } from './scripts/script-desk.js';
import { GradingService } from './grading.service.js';
import { LogRepository } from './log/log.repository.js';
import { Retention } from './log/retention.js';

const SCRIPT_DESK = {
  provide: ScriptDesk,
  useFactory: (driver?: HostDriver) => new ScriptDesk({ driver }),
  inject: [{ token: HOST_DRIVER, optional: true }],
};

/** Sandboxes, bus and database come from global modules. */
@Module({
  imports: [LabsModule],
  controllers: [GradingController, RunLabController],
  providers: [
    GradingRepository,
    LogRepository,
    Retention,
    PlanRepository,
    RunPlans,
    SCRIPT_DESK,
    GradingService,
  ],
})
export class GradingModule {}
