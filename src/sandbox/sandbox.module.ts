import { Global, Module } from '@nestjs/common';
import { RUNTIME, type Runtime } from '../core.module.js';
import { Bus } from '../events/bus.js';
import { LabsModule } from '../labs/labs.module.js';
import { TenantRepository } from '../tenants/tenant.repository.js';
import { UserRepository } from '../tenants/user.repository.js';
import { noApi } from './cluster-api.js';
import { kubeApi } from './cluster-api.kube.js';
import { CohortRules } from './cohort-rules.js';
import { LabCatalogue } from './lab-catalogue.js';
import { CatalogueOfLabs } from './lab-catalogue.labs.js';
import { SandboxDirectory } from './live-sandbox.js';
import { SandboxController } from './sandbox.controller.js';
import { SandboxRuntime } from './sandbox.runtime.js';
import { SandboxService } from './sandbox.service.js';
import { TokensController } from './tokens.controller.js';

@Global()
@Module({
  imports: [LabsModule],
  controllers: [SandboxController, TokensController],
  providers: [
    CatalogueOfLabs,
    { provide: LabCatalogue, useExisting: CatalogueOfLabs },
    {
      provide: SandboxRuntime,
      useFactory: (
        runtime: Runtime,
        bus: Bus,
        users: UserRepository,
        tenants: TenantRepository,
        labs: LabCatalogue,
        cohorts: CohortRules,
      ) => {
        const api = runtime.clusters.fidelity === 'real' ? kubeApi : noApi;
        return new SandboxRuntime({ runtime, bus, users, tenants, labs, cohorts, api });
      },
      inject: [RUNTIME, Bus, UserRepository, TenantRepository, LabCatalogue, CohortRules],
    },
    { provide: SandboxDirectory, useFactory: (r: SandboxRuntime) => r.living, inject: [SandboxRuntime] },
    { provide: SandboxService, useFactory: (r: SandboxRuntime) => r.service, inject: [SandboxRuntime] },
  ],
  exports: [LabCatalogue, SandboxDirectory, SandboxRuntime, SandboxService],
})
export class SandboxModule {}
