import { DriverError } from '../driver-error.js';

const DEFAULT = '/var/run/docker.sock';

/** Path of the engine's socket. An engine elsewhere is of no use: the cluster's bridge must be on this machine. */
export function socketOf(dockerHost: string | undefined): string {
  if (dockerHost === undefined || dockerHost === '') return DEFAULT;
  const path = dockerHost.startsWith('unix://') ? dockerHost.slice('unix://'.length) : '';
  if (path.startsWith('/')) return path;
  const found = JSON.stringify(dockerHost);
  throw new DriverError(
    'invalid_spec',
    `DOCKER_HOST is ${found}: expected unix:// and the path of a socket here`,
  );
}
