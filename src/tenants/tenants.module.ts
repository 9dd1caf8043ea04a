import { Global, Module } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import { TenantController } from './tenant.controller.js';
import { TenantRepository } from './tenant.repository.js';
import { UserRepository } from './user.repository.js';
import { UsersController } from './users.controller.js';

@Global()
@Module({
  controllers: [TenantController, UsersController],
  providers: [
    {
      provide: UserRepository,
      useFactory: (p: PrismaService) => new UserRepository(p),
      inject: [PrismaService],
    },
    {
      provide: TenantRepository,
      useFactory: (p: PrismaService) => new TenantRepository(p),
      inject: [PrismaService],
    },
  ],
  exports: [UserRepository, TenantRepository],
})
export class TenantsModule {}
