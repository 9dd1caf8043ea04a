import { type DynamicModule, Module } from '@nestjs/common';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule } from './auth/auth.module.js';
import { CohortsModule } from './cohorts/cohorts.module.js';
import { CoreModule, type Runtime } from './core.module.js';
import { EventsModule } from './events/events.module.js';
import { GradingModule } from './grading/grading.module.js';
import { HttpModule } from './http/http.module.js';
import { LabsModule } from './labs/labs.module.js';
import { SandboxModule } from './sandbox/sandbox.module.js';
import { TenantsModule } from './tenants/tenants.module.js';
import { TerminalModule } from './terminal/terminal.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

/** The one list of features. */
@Module({})
export class AppModule {
  static with(runtime: Runtime): DynamicModule {
    return {
      module: AppModule,
      imports: [
        CoreModule.with(runtime),
        HttpModule,
        AuthModule,
        AuditModule,
        TenantsModule,
        EventsModule,
        LabsModule,
        SandboxModule,
        TerminalModule,
        GradingModule,
        CohortsModule,
        WebhooksModule,
      ],
    };
  }
}
