import { Module } from '@nestjs/common';
import { LabsModule } from '../labs/labs.module.js';
import { GradingController } from './grading.controller.js';
import { GradingRepository } from './grading.repository.js';
import { PlanRepository } from './plan.repository.js';
import { RunPlans } from './run-plans.js';
import { GradingService } from './grading.service.js';

/** Sandboxes, bus and database come from global modules. */
@Module({
  imports: [LabsModule],
  controllers: [GradingController],
  providers: [GradingRepository, PlanRepository, RunPlans, GradingService],
})
export class GradingModule {}
