import { DriverError } from '../driver-error.js';
import type { HostNetwork, HostSpec } from '../host-driver.js';
import type { Facts, Step } from '../step.js';

/** What the steps do; the driver implements it. */
export interface HostActions {
  bundle(id: string, attempt: number, spec: HostSpec): Promise<void>;
  run(
    id: string,
    attempt: number,
    o: { timeoutMs: number; signal: AbortSignal; spec: HostSpec },
  ): Promise<number>;
  ready(id: string, attempt: number): Promise<number>;
  link(id: string, attempt: number, network: HostNetwork, signal: AbortSignal): Promise<void>;
  unlink(id: string, attempt: number): Promise<void>;
  uplink(id: string, attempt: number, signal: AbortSignal): Promise<void>;
  dropUplink(id: string, attempt: number): Promise<void>;
  remove(id: string, attempt: number, signal: AbortSignal): Promise<void>;
}

const RUN_MS = 20_000;

/** Recipe of a lab host. The names are part of the stored history of a sandbox. */
export function hostSteps(spec: HostSpec, actions: HostActions): Step[] {
  const remove: Step['undo'] = (c) => actions.remove(c.id, c.attempt, c.signal);
  return [
    {
      name: 'host.bundle',
      timeoutMs: 5000,
      run: (c) => actions.bundle(c.id, c.attempt, spec),
      undo: remove,
    },
    {
      name: 'host.run',
      timeoutMs: RUN_MS,
      run: async (c) => ({
        initPid: await actions.run(c.id, c.attempt, { timeoutMs: RUN_MS, signal: c.signal, spec }),
      }),
      undo: remove,
    },
    {
      name: 'host.ready',
      timeoutMs: 5000,
      run: async (c) => ({ initPid: await actions.ready(c.id, c.attempt) }),
      // Goes with the container.
      undo: () => Promise.resolve(),
    },
    ...(spec.requires.includes('uplink') ? [uplinkStep(actions)] : []),
    ...(spec.link === true ? [linkStep(actions)] : []),
  ];
}

function uplinkStep(actions: HostActions): Step {
  return {
    name: 'host.uplink',
    timeoutMs: 10_000,
    run: (c) => actions.uplink(c.id, c.attempt, c.signal),
    undo: (c) => actions.dropUplink(c.id, c.attempt),
  };
}

function linkStep(actions: HostActions): Step {
  return {
    name: 'host.link',
    timeoutMs: 10_000,
    run: (c) => actions.link(c.id, c.attempt, networkOf(c.facts), c.signal),
    undo: (c) => actions.unlink(c.id, c.attempt),
  };
}

function networkOf({ bridge, hostCidr }: Facts): HostNetwork {
  if (typeof bridge === 'string' && typeof hostCidr === 'string') return { bridge, hostCidr };
  const wanted = 'host.link needs the facts bridge and hostCidr, which the step cluster.network leaves';
  throw new DriverError('invalid_spec', wanted);
}
