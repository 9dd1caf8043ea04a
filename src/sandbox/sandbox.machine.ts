export type SandboxState =
  'queued' | 'provisioning' | 'ready' | 'paused' | 'releasing' | 'released' | 'failed';

/** What can happen to a sandbox. */
export type SandboxEvent = 'admit' | 'provisioned' | 'pause' | 'resume' | 'release' | 'gone' | 'given_up';

const TABLE: Record<SandboxState, Partial<Record<SandboxEvent, SandboxState>>> = {
  // Nothing was made yet, so there is nothing to release.
  queued: { admit: 'provisioning', release: 'released' },
  provisioning: { provisioned: 'ready', release: 'releasing' },
  ready: { pause: 'paused', release: 'releasing' },
  paused: { resume: 'ready', release: 'releasing' },
  releasing: { gone: 'released', given_up: 'failed' },
  released: {},
  failed: {},
};

/** The next state, or undefined when the event does not apply. Forward only, apart from ready <-> paused. */
export function next(state: SandboxState, event: SandboxEvent): SandboxState | undefined {
  return TABLE[state][event];
}

export const LIVING: readonly SandboxState[] = ['queued', 'provisioning', 'ready', 'paused'];

/** A final row owns nothing on the machine. */
export function isFinal(state: SandboxState): boolean {
  return state === 'released' || state === 'failed';
}

/** Whether anything may exist on the machine. */
export function mayExist(state: SandboxState): boolean {
  return state !== 'queued' && !isFinal(state);
}
