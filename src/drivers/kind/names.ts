import { DriverError } from '../driver-error.js';

const NAME = /^wh-([a-z0-9]{1,10})-(\d)$/;

export interface ClusterName {
  id: string;
  attempt: number;
}

/** `wh-k3f9x2m7qa-1`: kind cluster, Docker network and folder alike. */
export function clusterName(id: string, attempt: number): string {
  const name = `wh-${id}-${attempt}`;
  if (NAME.test(name)) return name;
  const given = `cluster id ${JSON.stringify(id)}, attempt ${attempt}`;
  throw new DriverError('invalid_spec', `${given}: expected at most 10 of a-z 0-9, and one digit`);
}

/** undefined for names that are not ours. */
export function parseClusterName(name: string): ClusterName | undefined {
  const found = NAME.exec(name);
  return found ? { id: found[1] ?? '', attempt: Number(found[2]) } : undefined;
}

/** The kernel allows an interface 15 characters; this has 14. */
export function bridgeName({ id, attempt }: ClusterName): string {
  return `whb${id}${attempt}`;
}
