import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ClusterFiles } from './layout.js';

const marker = z.object({
  nodes: z.number().int().min(1),
  /** Of the control plane. */
  address: z.string(),
});

/** What is written down of a whole cluster. */
export type Marker = z.infer<typeof marker>;

/** undefined while the cluster is half-made. */
export function readMarker(files: ClusterFiles): Marker | undefined {
  try {
    return marker.parse(JSON.parse(readFileSync(files.marker, 'utf8')));
  } catch {
    return undefined;
  }
}

export async function writeMarker(files: ClusterFiles, value: Marker): Promise<void> {
  await writeFile(`${files.marker}.new`, JSON.stringify(value), { mode: 0o600 });
  await rename(`${files.marker}.new`, files.marker);
}
