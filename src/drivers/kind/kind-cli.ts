import { startResident } from '../../linux/exec/resident.js';
import { DriverError } from '../driver-error.js';
import type { ClusterFiles } from './layout.js';

/** Characters of kind's output that an error shows. */
const TAIL = 4096;

export interface KindOptions {
  files: ClusterFiles;
  name: string;
  image: string;
  socket: string;
  /** Where `kind` and the `docker` that it calls are found. */
  path: string;
  signal: AbortSignal;
}

/**
 * Runs `kind create cluster` to its end. It never outlives the service: the launcher ends its group, and the kernel ends
 * kind itself should both be killed. What it leaves then is removed by the next run of the step.
 */
export async function createCluster(o: KindOptions): Promise<void> {
  const { files, name, image } = o;
  const kind = ['kind', 'create', 'cluster', '--name', name, '--image', image, '--config', files.config];
  const resident = await startResident({
    argv: [
      'setpriv',
      '--pdeathsig',
      'KILL',
      ...kind,
      '--kubeconfig',
      files.kubeconfig,
      '--retain',
      '--wait',
      '0s',
    ],
    env: {
      PATH: o.path,
      HOME: files.home,
      DOCKER_HOST: `unix://${o.socket}`,
      KIND_EXPERIMENTAL_PROVIDER: 'docker',
      KIND_EXPERIMENTAL_DOCKER_NETWORK: name,
    },
  });
  let output = '';
  for (const stream of [resident.stdout, resident.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      output = (output + bytes.toString('utf8')).slice(-TAIL);
    });
  }
  resident.stdin.end();
  const stop = (): void => resident.kill();
  o.signal.addEventListener('abort', stop, { once: true });
  if (o.signal.aborted) stop();
  const exit = await resident.exited.finally(() => o.signal.removeEventListener('abort', stop));
  if (exit === 0) return;
  if (o.signal.aborted)
    throw new DriverError('timeout', `kind create cluster ${name}: ended before it was done`);
  throw new DriverError('command_failed', `kind create cluster ${name}: exit status ${exit}\n${output}`);
}
