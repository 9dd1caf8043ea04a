import { Module } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import { TerminalController } from './terminal.controller.js';
import { TerminalGateway } from './terminal.gateway.js';
import { TerminalRegistry } from './terminal-registry.js';
import { TerminalRepository } from './terminal.repository.js';
import { TerminalService } from './terminal.service.js';

@Module({
  controllers: [TerminalController],
  providers: [
    TerminalService,
    TerminalGateway,
    { provide: TerminalRegistry, useFactory: () => new TerminalRegistry() },
    {
      provide: TerminalRepository,
      useFactory: (prisma: PrismaService) => new TerminalRepository(prisma),
      inject: [PrismaService],
    },
  ],
  exports: [TerminalService, TerminalRegistry],
})
export class TerminalModule {}
