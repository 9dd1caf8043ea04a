import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { cachedProbe, rememberProbe } from '../oci/probe-cache.js';
import type { Engine } from './engine.js';

const PROBE_MS = 60_000;

export interface ProbeOptions {
  engine: Engine;
  image: string;
  /** What a success depends on. */
  key: string[];
  cache: string;
}

/** Starts a privileged container of the node image once per engine, kernel and image. The reason why not, or undefined. */
export async function probePrivileged(o: ProbeOptions): Promise<string | undefined> {
  const key = createHash('sha256')
    .update(JSON.stringify([...o.key, os.release()]))
    .digest('hex');
  if ((await cachedProbe(o.cache, key)) !== undefined) return undefined;
  try {
    const exit = await runPrivileged(o.engine, o.image);
    if (exit !== 0) return `a privileged container ended with status ${exit}`;
  } catch (error) {
    return (error as Error).message;
  }
  await mkdir(path.dirname(o.cache), { recursive: true, mode: 0o700 });
  await rememberProbe(o.cache, key, 'works');
  return undefined;
}

async function runPrivileged(engine: Engine, image: string): Promise<number> {
  const body = {
    Image: image,
    Entrypoint: ['/bin/true'],
    Labels: { 'wheelhouse.part': 'probe' },
    HostConfig: { Privileged: true, NetworkMode: 'none' },
  };
  const answer = await engine.send('POST', '/containers/create', { body, timeoutMs: PROBE_MS });
  const { Id: id } = z.object({ Id: z.string() }).parse(JSON.parse(answer));
  try {
    await engine.send('POST', `/containers/${id}/start`, { timeoutMs: PROBE_MS });
    const ended = await engine.send('POST', `/containers/${id}/wait`, { timeoutMs: PROBE_MS });
    return z.object({ StatusCode: z.number() }).parse(JSON.parse(ended)).StatusCode;
  } finally {
    await engine.removeContainer(id);
  }
}
