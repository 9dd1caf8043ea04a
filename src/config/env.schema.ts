import { z } from 'zod';
import { duration, flag, list, networks, patterns, pool, size } from './parsers.js';

const port = z.coerce.number().int().min(0).max(65535);

/** Every variable that the service reads, with its default. Unknown WHEELHOUSE_ names are reported as mistakes. */
export const envSchema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(8080),
  NODE_ENV: z.string().optional(),
  WHEELHOUSE_STATE_DIR: z.string().optional(),
  /** The same, without the prefix. */
  STATE_DIR: z.string().optional(),
  WHEELHOUSE_SECRET: z.string().min(32, 'must have 32 characters or more').optional(),
  WHEELHOUSE_ALLOWED_ORIGINS: list.default([]),
  WHEELHOUSE_ALLOWED_HOSTS: list.default([]),
  WHEELHOUSE_LABS: list.default([]),
  WHEELHOUSE_HOST_PROVIDER: z.enum(['auto', 'oci', 'fake', 'none']).default('auto'),
  WHEELHOUSE_CLUSTER_PROVIDER: z.enum(['auto', 'kind', 'fake', 'none']).default('auto'),
  /** Node image of kind; kind's own default when unset. */
  WHEELHOUSE_KIND_IMAGE: z.string().min(1).optional(),
  /** The same, without the prefix. */
  KIND_IMAGE: z.string().min(1).optional(),
  DOCKER_HOST: z.string().min(1).optional(),
  /** Networks of clusters are taken from here, /26 each. */
  WHEELHOUSE_NETWORK_POOL: z.cidrv4().default('10.253.0.0/16'),
  WHEELHOUSE_POOL: pool.default('auto'),
  /** Warm units that are kept running; the others are paused. */
  WHEELHOUSE_POOL_RUNNING: z.coerce.number().int().min(0).max(1000).default(1),
  WHEELHOUSE_POOL_MAX_AGE: duration.default(3 * 3_600_000),
  WHEELHOUSE_IMAGE_DIR: z.string().optional(),
  WHEELHOUSE_OCI_RUNTIME: z.string().default('auto'),
  WHEELHOUSE_UID_BASE: z.coerce.number().int().min(65536).max(0xe0000000).default(0x20000000),
  WHEELHOUSE_BUDGET_MEMORY: z.union([z.literal('auto'), size]).default('auto'),
  WHEELHOUSE_BUDGET_PIDS: z.union([z.literal('auto'), z.coerce.number().int().min(1)]).default('auto'),
  WHEELHOUSE_SANDBOX_TTL: duration.default(2 * 3_600_000),
  WHEELHOUSE_IDLE_TTL: duration.default(30 * 60_000),
  WHEELHOUSE_UNOPENED_TTL: duration.default(15 * 60_000),
  WHEELHOUSE_PTY_RING: size.default(1024 ** 2),
  WHEELHOUSE_PTY_DETACHED_TTL: duration.default(10 * 60_000),
  WHEELHOUSE_PTY_LOCAL: flag.default(false),
  /** Terminals are recorded where the tenant and the lab allow it too. */
  WHEELHOUSE_RECORDING: flag.default(false),
  /** Patterns that are blanked in recordings, as a JSON array of regular expressions. */
  WHEELHOUSE_RECORDING_REDACT: patterns.default([]),
  /** Internal networks that webhooks may be sent to, over plain HTTP too. */
  WHEELHOUSE_WEBHOOK_ALLOW: networks.default([]),
  WHEELHOUSE_RATE_LIMITS: flag.default(true),
  WHEELHOUSE_DEMO: flag.default(true),
  /** Tests only: ends the process with SIGKILL at a named moment, see sandbox/fault.ts. */
  WHEELHOUSE_FAULT: z.string().optional(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});
