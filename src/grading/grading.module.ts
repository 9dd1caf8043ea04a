import { Module } from '@nestjs/common';
import { LabsModule } from '../labs/labs.module.js';
import { GradingController } from './grading.controller.js';
import { GradingRepository } from './grading.repository.js';
import { PlanRepository } from './plan.repository.js';
import { RunPlans } from './run-plans.js';
import { RunLabController } from './run-lab.controller.js';
import { GradingService } from './grading.service.js';
import { LogRepository } from './log/log.repository.js';
import { Retention } from './log/retention.js';

/** Sandboxes, bus and database come from global modules. */
@Module({
  imports: [LabsModule],
  controllers: [GradingController, RunLabController],
  providers: [GradingRepository, LogRepository, Retention, PlanRepository, RunPlans, GradingService],
})
export class GradingModule {}
