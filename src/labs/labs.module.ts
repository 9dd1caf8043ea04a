import { Module } from '@nestjs/common';
import { LabRepository } from './lab.repository.js';
import { LabsController } from './labs.controller.js';
import { LabsService } from './labs.service.js';

@Module({
  controllers: [LabsController],
  providers: [LabRepository, LabsService],
  exports: [LabsService],
})
export class LabsModule {}
