import path from 'node:path';
import type { PoolConfig } from '../sandbox/pool/pool-config.js';
import { envSchema } from './env.schema.js';

/** Injection token of the frozen configuration. */
export const APP_CONFIG = Symbol('app-config');

export interface AppConfig {
  /** undefined = embedded PostgreSQL in the state folder. */
  databaseUrl: string | undefined;
  host: string;
  port: number;
  production: boolean;
  stateDir: string;
  secret: string | undefined;
  allowedOrigins: string[];
  allowedHosts: string[];
  /** Folders that hold one folder per lab. */
  labsDirs: string[];
  hostProvider: 'auto' | 'oci' | 'fake' | 'none';
  clusterProvider: 'auto' | 'kind' | 'fake' | 'none';
  /** undefined = kind's own default. */
  kindImage: string | undefined;
  dockerHost: string | undefined;
  networkPool: string;
  pool: PoolConfig;
  poolRunning: number;
  poolMaxAgeMs: number;
  /** The unpacked tools image of the lab hosts. */
  imageDir: string;
  ociRuntime: string;
  uidBase: number;
  budgetMemoryBytes: number | 'auto';
  budgetPids: number | 'auto';
  sandboxTtlMs: number;
  idleTtlMs: number;
  unopenedTtlMs: number;
  ptyRingBytes: number;
  ptyDetachedTtlMs: number;
  ptyLocal: boolean;
  recording: boolean;
  /** Blanked in recordings. */
  recordingRedact: string[];
  /** Networks (CIDR) that webhooks may be sent to although they are internal. */
  webhookAllow: string[];
  rateLimits: boolean;
  demo: boolean;
  fault: string | undefined;
  logLevel: string;
}

export class ConfigError extends Error {}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1']);

function defaultStateDir(cwd: string, isRoot: boolean): string {
  return isRoot ? '/var/lib/wheelhouse' : path.join(cwd, '.wheelhouse');
}

function rejectUnknown(env: NodeJS.ProcessEnv): void {
  const known = Object.keys(envSchema.shape);
  const unknown = Object.keys(env).filter((name) => name.startsWith('WHEELHOUSE_') && !known.includes(name));
  // WHEELHOUSE_REQUIRE belongs to the tests, which share their environment with the service they start.
  const wrong = unknown.filter((name) => name !== 'WHEELHOUSE_REQUIRE');
  if (wrong.length > 0) {
    throw new ConfigError(`${wrong.join(', ')}: no such variable. Known: ${known.join(', ')}`);
  }
}

/** Parses the environment once. Errors name the variable, never its value. */
export function loadConfig(env: NodeJS.ProcessEnv, root: { cwd: string; isRoot: boolean }): AppConfig {
  rejectUnknown(env);
  const parsed = envSchema.safeParse(env);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigError(lines.join('\n'));
  }
  const e = parsed.data;
  if (!LOOPBACK.has(e.HOST) && e.WHEELHOUSE_SECRET === undefined) {
    throw new ConfigError('HOST is not loopback: set WHEELHOUSE_SECRET to 32 random characters or more');
  }
  const unsafe =
    e.WHEELHOUSE_PTY_LOCAL ||
    !e.WHEELHOUSE_RATE_LIMITS ||
    e.WHEELHOUSE_HOST_PROVIDER === 'fake' ||
    e.WHEELHOUSE_CLUSTER_PROVIDER === 'fake' ||
    e.WHEELHOUSE_FAULT !== undefined;
  if (unsafe && (!LOOPBACK.has(e.HOST) || e.NODE_ENV === 'production')) {
    throw new ConfigError(
      'WHEELHOUSE_PTY_LOCAL=true, WHEELHOUSE_RATE_LIMITS=false, WHEELHOUSE_FAULT and providers that are fake are for tests: ' +
        'they need a loopback HOST and NODE_ENV other than production',
    );
  }
  const chosen = e.WHEELHOUSE_STATE_DIR ?? e.STATE_DIR ?? defaultStateDir(root.cwd, root.isRoot);
  const stateDir = path.resolve(root.cwd, chosen);
  return Object.freeze({
    databaseUrl: e.DATABASE_URL,
    host: e.HOST,
    port: e.PORT,
    production: e.NODE_ENV === 'production',
    stateDir,
    secret: e.WHEELHOUSE_SECRET,
    allowedOrigins: e.WHEELHOUSE_ALLOWED_ORIGINS,
    allowedHosts: e.WHEELHOUSE_ALLOWED_HOSTS,
    labsDirs: e.WHEELHOUSE_LABS.length > 0 ? e.WHEELHOUSE_LABS : [path.join(root.cwd, 'labs')],
    hostProvider: e.WHEELHOUSE_HOST_PROVIDER,
    clusterProvider: e.WHEELHOUSE_CLUSTER_PROVIDER,
    kindImage: e.WHEELHOUSE_KIND_IMAGE ?? e.KIND_IMAGE,
    dockerHost: e.DOCKER_HOST,
    networkPool: e.WHEELHOUSE_NETWORK_POOL,
    pool: e.WHEELHOUSE_POOL,
    poolRunning: e.WHEELHOUSE_POOL_RUNNING,
    poolMaxAgeMs: e.WHEELHOUSE_POOL_MAX_AGE,
    imageDir: e.WHEELHOUSE_IMAGE_DIR ?? path.join(stateDir, 'image/current'),
    ociRuntime: e.WHEELHOUSE_OCI_RUNTIME,
    uidBase: e.WHEELHOUSE_UID_BASE,
    budgetMemoryBytes: e.WHEELHOUSE_BUDGET_MEMORY,
    budgetPids: e.WHEELHOUSE_BUDGET_PIDS,
    sandboxTtlMs: e.WHEELHOUSE_SANDBOX_TTL,
    idleTtlMs: e.WHEELHOUSE_IDLE_TTL,
    unopenedTtlMs: e.WHEELHOUSE_UNOPENED_TTL,
    ptyRingBytes: e.WHEELHOUSE_PTY_RING,
    ptyDetachedTtlMs: e.WHEELHOUSE_PTY_DETACHED_TTL,
    ptyLocal: e.WHEELHOUSE_PTY_LOCAL,
    recording: e.WHEELHOUSE_RECORDING,
    recordingRedact: e.WHEELHOUSE_RECORDING_REDACT,
    webhookAllow: e.WHEELHOUSE_WEBHOOK_ALLOW,
    rateLimits: e.WHEELHOUSE_RATE_LIMITS,
    demo: e.WHEELHOUSE_DEMO,
    fault: e.WHEELHOUSE_FAULT,
    logLevel: e.LOG_LEVEL,
  });
}
