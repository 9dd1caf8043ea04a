import { Controller, Get, Inject } from '@nestjs/common';
import { ApiBearerAuth, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Public } from '../auth/principal.guard.js';
import { AppError } from '../common/errors/app-error.js';
import { RUNTIME, type Runtime } from '../core.module.js';
import { PrismaService } from '../database/prisma.service.js';
import type { Finding } from '../drivers/host-driver.js';
import { LabsService } from '../labs/labs.service.js';
import { SandboxRuntime } from '../sandbox/sandbox.runtime.js';

const okSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Ok' });

const findingSchema = z.object({
  code: z.string(),
  level: z.enum(['ok', 'warn', 'fail']),
  found: z.string(),
  wanted: z.string(),
  fix: z.string().optional(),
});
const doctorSchema = z
  .object({ hostProvider: z.string(), clusterProvider: z.string(), findings: z.array(findingSchema) })
  .meta({ id: 'Doctor' });

const amounts = z.object({
  cpuMilli: z.number(),
  memMiB: z.number(),
  pids: z.number(),
  inotifyInstances: z.number(),
  ptys: z.number(),
});
const capacitySchema = z
  .object({
    hostProvider: z.string(),
    available: z.boolean(),
    clusterProvider: z.string(),
    capacity: amounts,
    used: amounts,
    /** Learners' living sandboxes, those who wait included. */
    sandboxes: z.int(),
    queued: z.int(),
    /** Warm units, by lab; null = for any lab. */
    pool: z.array(
      z.object({
        lab: z.string().nullable(),
        target: z.int(),
        running: z.int(),
        paused: z.int(),
        making: z.int(),
        pausedUntil: z.iso.datetime().nullable(),
      }),
    ),
  })
  .meta({ id: 'Capacity' });

@ApiTags('operations')
@Controller()
export class HealthController {
  constructor(
    @Inject(RUNTIME) private readonly runtime: Runtime,
    private readonly prisma: PrismaService,
    private readonly sandboxes: SandboxRuntime,
    private readonly labs: LabsService,
  ) {}

  /** The process answers. */
  @Public()
  @Get('healthz')
  @ApiResponse({ status: 200, standardSchema: okSchema })
  healthz() {
    return { status: 'ok' as const };
  }

  /** The process and its database answer. */
  @Public()
  @Get('readyz')
  @ApiResponse({ status: 200, standardSchema: okSchema })
  async readyz() {
    await this.prisma.pool.query('SELECT 1').catch((error: unknown) => {
      throw new AppError('database_unavailable', 'The database does not answer.', {
        cause: error,
        retryAfter: 2,
      });
    });
    return { status: 'ok' as const };
  }

  /** What was checked at start: what is missing, and how to mend it. */
  @ApiBearerAuth()
  @Get('v1/doctor')
  @ApiResponse({ status: 200, standardSchema: doctorSchema })
  doctor() {
    return {
      hostProvider: this.runtime.driver.name,
      clusterProvider: this.runtime.clusters.name,
      findings: [...this.runtime.findings, ...this.brokenLabs()],
    };
  }

  private brokenLabs(): Finding[] {
    return [...this.labs.problems()].map(([slug, problems]) => {
      const p = problems[0];
      return {
        code: `lab.${slug}`,
        level: 'fail',
        found: p ? `${p.file}:${p.line ?? 1}:${p.column ?? 1}: ${p.message}` : 'malformed',
        wanted: 'a sound lab folder',
        fix: `npm run wheelhouse -- lab lint <folder of ${slug}>, then start again`,
      };
    });
  }

  @ApiBearerAuth()
  @Get('v1/capacity')
  @ApiResponse({ status: 200, standardSchema: capacitySchema })
  capacity() {
    const { budget, living, admission, pool } = this.sandboxes;
    const rows = [...living.entries.values()].map((entry) => entry.row);
    return {
      hostProvider: this.runtime.driver.name,
      available: this.runtime.driver.name !== 'none',
      clusterProvider: this.runtime.clusters.name,
      capacity: budget.capacity,
      used: budget.used(),
      sandboxes: rows.filter((row) => row.userId !== null).length,
      queued: admission.everyone().flat().length,
      pool: pool.warm.view(),
    };
  }
}
