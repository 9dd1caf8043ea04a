import { DriverError } from '../driver-error.js';

const NAME = /^wh-([a-z0-9]{1,20})-(\d{1,3})$/;

export interface HostName {
  id: string;
  attempt: number;
}

/** `wh-k3f9x2m7qa-1`: container, bundle and cgroup alike. */
export function hostName(id: string, attempt: number): string {
  const name = `wh-${id}-${attempt}`;
  if (!NAME.test(name)) {
    throw new DriverError(
      'invalid_spec',
      `lab host id ${JSON.stringify(id)}, attempt ${attempt}: expected a-z 0-9 and a number`,
    );
  }
  return name;
}

/** undefined for names that are not ours. */
export function parseHostName(name: string): HostName | undefined {
  const found = NAME.exec(name);
  return found ? { id: found[1] ?? '', attempt: Number(found[2]) } : undefined;
}
