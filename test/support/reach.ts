import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * A shell script that prints which of the targets answer: URLs, `ping ADDRESS`, `udp ADDRESS PORT`. All at once, as each
 * that does not answer takes its full second.
 */
export function reachScript(targets: string[]): string {
  const probes = targets.map((target) => {
    const [word = '', address = '', port = ''] = target.split(' ');
    const curl = `curl -g -s -o /dev/null --connect-timeout 1 -m 2 '${target}'`;
    const ping = `ping -c 1 -W 1 ${address} >/dev/null 2>&1`;
    const udp = `[ -n "$(exec 3<>/dev/udp/${address}/${port} && echo q >&3 && timeout 1 head -c 1 <&3)" ] 2>/dev/null`;
    return `(${word === 'ping' ? ping : word === 'udp' ? udp : curl}) 2>/dev/null && echo '${target}' &`;
  });
  return `${probes.join('\n')}\nwait; true`;
}

export function reached(output: string, targets: string[]): string[] {
  const lines = new Set(output.split('\n'));
  return targets.filter((target) => lines.has(target));
}

/** From a network namespace of the machine with that name, or from the machine itself. */
export async function reachFrom(netns: string | undefined, targets: string[]): Promise<string[]> {
  const argv = ['bash', '-c', reachScript(targets)];
  const [program = '', ...args] = netns === undefined ? argv : ['ip', 'netns', 'exec', netns, ...argv];
  return reached((await run(program, args)).stdout, targets);
}
