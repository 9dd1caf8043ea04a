import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { CLOCK } from '../common/clock.token.js';
import type { Clock } from '../common/clock.js';
import { RUNTIME, type Runtime } from '../core.module.js';
import { PrismaService } from '../database/prisma.service.js';
import { AuthController } from './auth.controller.js';
import { AuthRepository } from './auth.repository.js';
import { Authenticator } from './authenticator.js';
import { LearnerTokens } from './learner-token.js';
import { PrincipalGuard } from './principal.guard.js';

@Global()
@Module({
  controllers: [AuthController],
  providers: [
    {
      provide: LearnerTokens,
      useFactory: (runtime: Runtime) => new LearnerTokens(runtime.secret),
      inject: [RUNTIME],
    },
    {
      provide: AuthRepository,
      useFactory: (p: PrismaService) => new AuthRepository(p),
      inject: [PrismaService],
    },
    {
      provide: Authenticator,
      useFactory: (r: AuthRepository, t: LearnerTokens, c: Clock) => new Authenticator(r, t, c),
      inject: [AuthRepository, LearnerTokens, CLOCK],
    },
    { provide: APP_GUARD, useFactory: (a: Authenticator) => new PrincipalGuard(a), inject: [Authenticator] },
  ],
  exports: [LearnerTokens, AuthRepository, Authenticator],
})
export class AuthModule {}
